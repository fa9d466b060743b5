// @ts-check
import { element, keyLegend } from "../browser/element.js"
import { isOurs, keyName } from "../browser/keys.js"
import { letters } from "../browser/letters.js"
import { mounted } from "../browser/mounted.js"
import { scrub } from "./scrub.js"
import { tagLine } from "./tag_line.js"
import { decisionsOf, markedPlace, steppedPlace, unconfirmed } from "./wall_state.js"

/** @typedef {import("./wall_state.js").Action} Action */
/** @typedef {import("./wall_state.js").Card} Card */
/** @typedef {import("./wall_state.js").Decision} Decision */
/** @typedef {{ node: HTMLElement, picture: HTMLElement, badge: HTMLElement }} Drawn a card on the page */

/**
 * @typedef {object} WallData
 * @property {Card[]} cards
 * @property {string[]} tags
 * @property {boolean} legend whether this is the wall that the keys belong to
 * @property {string[]} acknowledged ids of actions that the app has done
 */

const KEYS = [
  ["← → ↑ ↓", "move"],
  ["Enter", "open"],
  ["K", "keep"],
  ["D", "drop"],
  ["T", "tag"],
  ["Z", "undo"],
  ["/", "search"],
]

/** Thumbnails of clips: the pointer scrubs, arrows move the mark, keys act on the marked clip. */
class Wall {
  /**
   * @param {HTMLElement} root
   * @param {WallData} data
   */
  constructor(root, data) {
    this.root = root
    this.grid = element("div", "wall", root)
    this.legend = element("div", "legend", root)
    keyLegend(this.legend, KEYS)
    this.said = element("div", "said", root)
    this.said.setAttribute("role", "status")
    this.data = { ...data, cards: /** @type {Card[]} */ ([]) }
    this.current = 0
    /** @type {Drawn[] | null} */
    this.drawn = null
    /** @type {Decision[]} */
    this.decisions = []
    /** @type {Action[]} */
    this.waiting = []
    this.stale = false
    this.over = false
    /** @type {import("../browser/mounted.js").Send} */
    this.setState = () => {}
    /** @type {import("../browser/mounted.js").Send} */
    this.trigger = () => {}
    root.onpointerenter = () => {
      this.over = true
    }
    root.onpointerleave = () => {
      this.over = false
      if (this.drawn && !this.data.legend) this.point(-1)
    }
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event)
    // On its way down: of several that listen, the wall that the pointer is over comes before a player.
    document.addEventListener("keydown", this.onKey, true)
  }

  /** @param {import("../browser/mounted.js").Mount<WallData>} mount */
  update({ data, setStateValue, setTriggerValue }) {
    this.setState = setStateValue
    this.trigger = setTriggerValue
    this.waiting = unconfirmed(this.waiting, data.acknowledged)
    const same = this.drawn !== null && JSON.stringify(this.data.cards) === JSON.stringify(data.cards)
    this.current = markedPlace(data.cards, this.data.cards[this.current]?.id, data.legend)
    this.data = data
    this.legend.hidden = !data.legend
    this.decisions = decisionsOf(data.cards, this.waiting)
    // A tag that is being typed is not swept away by an answer to an earlier key: drawing waits for it.
    if (same) this.mark()
    else if (this.grid.querySelector(".tagline")) this.stale = true
    else this.draw()
  }

  draw() {
    this.stale = false
    this.grid.replaceChildren()
    this.drawn = this.data.cards.map((card, place) => this.card(card, place))
    this.mark()
  }

  /**
   * @param {Card} card
   * @param {number} place
   * @returns {Drawn}
   */
  card(card, place) {
    const node = element("div", "card", this.grid)
    node.setAttribute("role", "button")
    const picture = element("div", "picture", node)
    if (card.thumbnail) picture.style.backgroundImage = `url("${card.thumbnail}")`
    const badge = element("span", "badge decision", picture)
    element("span", "badge length", picture, card.length)
    if (card.score) element("span", "badge score", picture, card.score)
    element("div", "title", node, card.title)
    element("div", "below", node, card.below || "\u00a0")
    node.setAttribute("aria-label", `${card.title}, ${card.length}${card.score ? `, ${card.score}` : ""}`)
    node.title = card.hint
    node.onclick = () => {
      this.point(place)
      this.open()
    }
    node.onfocus = () => this.point(place)
    node.onpointerenter = () => {
      if (!this.data.legend) this.point(place)
    }
    if (card.sprite) scrub(node, picture, card.sprite)
    return { node, picture, badge }
  }

  mark() {
    this.drawn?.forEach(({ node, badge }, place) => {
      const decision = this.decisions[place]
      node.classList.toggle(this.data.legend ? "current" : "pointed", place === this.current)
      node.tabIndex = place === Math.max(0, this.current) ? 0 : -1
      node.classList.toggle("dropped", decision === "drop")
      badge.hidden = !decision
      badge.className = `badge decision ${decision || ""}`
      badge.textContent = decision || ""
    })
  }

  /** @param {number} place */
  point(place) {
    if (place === this.current) return
    this.current = place
    this.mark()
  }

  /** The card under the mark, as it stands on the page. */
  get marked() {
    return this.drawn?.[this.current]
  }

  /** @param {number} step */
  move(step) {
    this.point(steppedPlace(this.current, step, this.data.cards.length))
    this.marked?.node.focus({ preventScroll: true })
    this.marked?.node.scrollIntoView({ block: "nearest" })
  }

  /** How many cards stand in a row. */
  columns() {
    const tops = (this.drawn ?? []).map(({ node }) => node.offsetTop)
    return tops.filter((top) => top === tops[0]).length
  }

  open() {
    const card = this.data.cards[this.current]
    if (card) this.trigger("open", card.id)
  }

  /**
   * Do something to the marked clip where its mark can be seen; else bring that into view, for nobody decides about a
   * clip that they don't see.
   * @param {() => void} act
   */
  withMarked(act) {
    if (!this.marked) return
    const { node } = this.marked
    const box = node.getBoundingClientRect()
    const middle = (box.top + box.bottom) / 2
    if (middle > 0 && middle < window.innerHeight) act()
    else {
      node.scrollIntoView({ block: "center" })
      this.said.textContent = `The marked clip is ${this.data.cards[this.current].title}. Press the key again.`
    }
  }

  /**
   * Keep an action until Python says that it has it: fast keys come faster than the app answers.
   * @param {Omit<Action, "id">} action
   */
  act(action) {
    this.waiting.push({ id: letters(16), ...action })
    this.setState("log", this.waiting)
  }

  /** @param {"keep" | "drop"} decision */
  decide(decision) {
    const card = this.data.cards[this.current]
    const already = this.decisions[this.current] === decision
    this.decisions[this.current] = already ? null : decision
    this.act({ clip_id: card.id, decision: already ? null : decision })
    this.said.textContent = already ? "No decision" : `${decision}: ${card.title}`
    if (!already && this.current < this.data.cards.length - 1) this.move(1)
    else this.mark()
  }

  tag() {
    const card = this.data.cards[this.current]
    if (!this.marked) return
    tagLine(this.marked.picture, this.data.tags, {
      take: (tag) => {
        this.act({ clip_id: card.id, tag })
        this.said.textContent = `Tagged ${tag}`
      },
      gone: () => {
        if (this.stale) this.draw()
      },
      closed: () => this.marked?.node.focus({ preventScroll: true }),
    })
  }

  undo() {
    this.act({ undo: true })
    this.said.textContent = "Undone"
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = event.composedPath()[0]
    // Of several walls on a page the keys belong to the one in use.
    if (!this.data.legend && !this.over && !(target instanceof Node && this.root.contains(target))) return
    if (!this.drawn?.length || !isOurs(event, this.root)) return
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowRight: () => this.move(1),
      ArrowLeft: () => this.move(-1),
      ArrowDown: () => this.move(this.columns()),
      ArrowUp: () => this.move(-this.columns()),
      Enter: () => this.withMarked(() => this.open()),
      k: () => this.withMarked(() => this.decide("keep")),
      d: () => this.withMarked(() => this.decide("drop")),
      t: () => this.withMarked(() => this.tag()),
      z: () => this.undo(),
      "/": () => /** @type {HTMLElement | null} */ (document.querySelector('input[aria-label="Search"]'))?.focus(),
    }
    const action = actions[keyName(event)]
    if (!action || (event.repeat && !event.key.startsWith("Arrow"))) return
    event.preventDefault()
    action()
  }

  end() {
    document.removeEventListener("keydown", this.onKey, true)
  }
}

/** @type {(mount: import("../browser/mounted.js").Mount<WallData>) => () => void} */
export default mounted(".root", (root, data) => new Wall(root, data))
