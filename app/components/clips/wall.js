// @ts-check
import { element } from "../browser/element.js"
import { isOurs, keyName } from "../browser/keys.js"
import { letters } from "../browser/letters.js"
import { mounted } from "../browser/mounted.js"
import { CardView } from "./card.js"
import { tagLine } from "./tag_line.js"
import { decisionOf, noteUnconfirmed, steppedPlace, unconfirmed } from "./wall_state.js"

/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./wall_state.js").Action} Action */

/**
 * @typedef {object} WallData
 * @property {Card[]} cards
 * @property {string[]} tags
 * @property {string[]} acknowledged ids of actions that the app has done
 */

/** A few clips on any page: the pointer scrubs, a click opens, keys act on the clip that is pointed at or has the focus. */
class Wall {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    this.grid = element("div", "wall", root)
    this.said = element("div", "said", root)
    this.said.setAttribute("role", "status")
    /** @type {WallData} */
    this.data = { cards: [], tags: [], acknowledged: [] }
    /** @type {CardView[]} */
    this.views = []
    this.current = -1
    this.over = false
    /** @type {Action[]} */
    this.waiting = []
    /** @type {import("../browser/mounted.js").Send} */
    this.setState = () => {}
    /** @type {import("../browser/mounted.js").Send} */
    this.trigger = () => {}
    root.onpointerenter = () => {
      this.over = true
    }
    root.onpointerleave = () => {
      this.over = false
      this.point(-1)
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
    noteUnconfirmed(this.said, this.waiting)
    const marked = this.data.cards[this.current]?.id
    this.current = data.cards.findIndex((card) => card.id === marked)
    this.data = data
    while (this.views.length > data.cards.length) this.views.pop()?.remove()
    while (this.views.length < data.cards.length) this.views.push(this.view(this.views.length))
    this.draw()
  }

  /** @param {number} place */
  view(place) {
    const view = new CardView(this.grid, "button")
    view.node.onclick = () => {
      this.point(place)
      this.open()
    }
    view.node.onfocus = () => this.point(place)
    view.node.onpointerenter = () => this.point(place)
    return view
  }

  draw() {
    this.views.forEach((view, place) => {
      const card = this.data.cards[place]
      const decision = decisionOf(card, this.waiting)
      view.show(card, { decision, current: place === this.current, selected: false })
      view.node.tabIndex = place === Math.max(0, this.current) ? 0 : -1
    })
  }

  /** @param {number} place */
  point(place) {
    if (place === this.current) return
    this.current = place
    this.draw()
  }

  /** @param {number} step */
  move(step) {
    this.point(steppedPlace(this.current, step, this.data.cards.length))
    this.views[this.current]?.node.focus({ preventScroll: true })
    this.views[this.current]?.node.scrollIntoView({ block: "nearest" })
  }

  /** How many cards stand in a row. */
  columns() {
    const tops = this.views.map(({ node }) => node.offsetTop)
    return tops.filter((top) => top === tops[0]).length
  }

  open() {
    const card = this.data.cards[this.current]
    if (card) this.trigger("open", card.id)
  }

  /**
   * Keep an action until Python says that it has it: fast keys come faster than the app answers.
   * @param {Omit<Action, "id">} action
   */
  act(action) {
    this.waiting.push({ id: letters(16), ...action })
    noteUnconfirmed(this.said, this.waiting)
    this.setState("log", this.waiting)
  }

  /** @param {"keep" | "drop"} wanted */
  decide(wanted) {
    const card = this.data.cards[this.current]
    const decision = decisionOf(card, this.waiting) === wanted ? null : wanted
    this.act({ clip_id: card.id, decision })
    this.said.textContent = decision ? `${decision}: ${card.title}` : "No decision"
    if (decision && this.current < this.data.cards.length - 1) this.move(1)
    this.draw()
  }

  tag() {
    const card = this.data.cards[this.current]
    const view = this.views[this.current]
    tagLine(view.node, this.data.tags, {
      take: (tag) => {
        this.act({ clip_id: card.id, tag })
        this.said.textContent = `Tagged ${tag}`
      },
      gone: () => {},
      closed: () => view.node.focus({ preventScroll: true }),
    })
  }

  undo() {
    this.act({ undo: true })
    this.said.textContent = "Undone"
    this.draw()
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const target = event.composedPath()[0]
    // Of several walls on a page the keys belong to the one in use.
    if (!this.over && !(target instanceof Node && this.root.contains(target))) return
    if (!isOurs(event, this.root) || !this.data.cards[this.current]) return
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowRight: () => this.move(1),
      ArrowLeft: () => this.move(-1),
      ArrowDown: () => this.move(this.columns()),
      ArrowUp: () => this.move(-this.columns()),
      Enter: () => this.open(),
      k: () => this.decide("keep"),
      d: () => this.decide("drop"),
      t: () => this.tag(),
      z: () => this.undo(),
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
export default mounted(".root", (root) => new Wall(root))
