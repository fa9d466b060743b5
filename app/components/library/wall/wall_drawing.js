// @ts-check
import { CardView } from "../../clips/card.js"
import { GAP_PX, cardAt, gridOf } from "./wall_grid.js"

/** @typedef {import("../../clips/card.js").Card} Card */
/** @typedef {import("../../clips/card.js").CardState} CardState */

const SMALL_PX = 150

/** The cards that are on the page, each where it stands in the whole wall. */
export class Drawing {
  /**
   * @param {HTMLElement} wall
   * @param {(view: CardView, place: number) => void} made called for each new card
   */
  constructor(wall, made) {
    this.wall = wall
    this.made = made
    /** @type {Map<number, CardView>} */
    this.views = new Map()
    this.total = 0
    this.grid = gridOf(1, 1, 0)
  }

  /**
   * Give the wall its height.
   * @param {number} size_px
   * @param {number} total
   */
  layOut(size_px, total) {
    this.total = total
    this.grid = gridOf(this.wall.clientWidth || 1, size_px, total)
    this.wall.style.height = `${Math.max(0, Math.ceil(this.grid.rows * this.grid.row_px - GAP_PX))}px`
    this.wall.classList.toggle("small", this.grid.card_px < SMALL_PX)
  }

  /**
   * Have the cards of these places on the page, and no others.
   * @param {Set<number>} places
   * @param {(place: number) => { card: Card | null, state: CardState }} facts
   */
  show(places, facts) {
    for (const [place, view] of this.views) {
      if (places.has(place)) continue
      view.remove()
      this.views.delete(place)
    }
    for (const place of places) this.one(place, facts(place))
  }

  /**
   * @param {number} place
   * @param {{ card: Card | null, state: CardState }} facts
   */
  one(place, { card, state }) {
    const view = this.views.get(place) ?? this.newView(place)
    const { x, y } = cardAt(this.grid, place)
    view.node.style.width = `${this.grid.card_px}px`
    view.node.style.transform = `translate(${x}px, ${y}px)`
    view.node.setAttribute("aria-setsize", String(this.total))
    view.node.tabIndex = state.current ? 0 : -1
    view.show(card, state)
  }

  /** @param {number} place */
  newView(place) {
    const view = new CardView(this.wall, "option")
    view.node.setAttribute("aria-posinset", String(place + 1))
    view.node.setAttribute("aria-label", "Loading")
    view.node.setAttribute("aria-selected", "false")
    view.node.dataset["place"] = String(place)
    // In their order, as they are read out.
    const next = [...this.views.keys()].filter((other) => other > place)
    if (next.length) this.wall.insertBefore(view.node, this.views.get(Math.min(...next))?.node ?? null)
    this.views.set(place, view)
    this.made(view, place)
    return view
  }

  /**
   * A place's card on the screen, whether it is drawn or not.
   * @param {number} place
   */
  box(place) {
    const top = this.wall.getBoundingClientRect().top + cardAt(this.grid, place).y
    return { top, bottom: top + this.grid.row_px - GAP_PX }
  }

  /** @param {number} place */
  focus(place) {
    this.views.get(place)?.node.focus({ preventScroll: true })
  }
}
