// @ts-check
import { isOurs, keyName } from "../../browser/keys.js"

export const KEYS = [
  ["← → ↑ ↓", "move"],
  ["Shift", "with arrows or a click: a range"],
  ["Ctrl", "with a click: add or take away"],
  ["Ctrl A", "all"],
  ["Esc", "none"],
  ["Enter", "open"],
  ["K", "keep"],
  ["D", "drop"],
  ["T", "tag"],
  ["Z", "undo"],
  ["− +", "size"],
  ["F", "filters"],
  ["M", "map"],
  ["/", "search"],
]
/** These do the same at every repeat while they are held. */
const REPEATED = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "PageUp", "PageDown", "-", "=", "+"]

/** @typedef {import("./wall_hands.js").WallHands} WallHands */

/** The wall's keys, wherever on the page they are pressed. */
export class WallKeys {
  /**
   * @param {HTMLElement} root
   * @param {WallHands} hands
   */
  constructor(root, hands) {
    this.root = root
    this.hands = hands
    /** @param {KeyboardEvent} event */
    this.onKey = (event) => this.key(event)
    // On its way down: nothing that had the focus by a click hears of an arrow before the hands.
    document.addEventListener("keydown", this.onKey, true)
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.hands.takesKeys() || !isOurs(event, this.root, { withControl: true })) return
    const control = event.ctrlKey || event.metaKey
    const action = control ? this.held(event) : this.plain(event)
    if (!action || (event.repeat && !REPEATED.includes(event.key))) return
    event.preventDefault()
    action()
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {(() => void) | undefined}
   */
  held(event) {
    if (event.shiftKey) return undefined
    return { a: () => this.hands.selectAll(), z: () => this.hands.undo() }[keyName(event)]
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {(() => void) | undefined}
   */
  plain(event) {
    const { hands } = this
    const reach = event.shiftKey
    // What a button of the wall's own does at Enter or Space is the button's.
    const onButton = event.composedPath()[0] instanceof HTMLButtonElement
    if (onButton && ["Enter", " ", "Escape"].includes(event.key)) return undefined
    if (event.key === "Escape") return hands.clear() ? () => {} : undefined
    const { columns, page, total } = hands.steps()
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowRight: () => hands.move(1, reach),
      ArrowLeft: () => hands.move(-1, reach),
      ArrowDown: () => hands.move(columns, reach),
      ArrowUp: () => hands.move(-columns, reach),
      PageDown: () => hands.move(page, reach),
      PageUp: () => hands.move(-page, reach),
      Home: () => hands.move(-total, reach),
      End: () => hands.move(total, reach),
      Enter: () => hands.open(),
      " ": () => hands.toggle(),
      k: () => hands.decide("keep"),
      d: () => hands.decide("drop"),
      t: () => hands.tag(),
      z: () => hands.undo(),
      "-": () => hands.resize(-1),
      "=": () => hands.resize(1),
      "+": () => hands.resize(1),
    }
    return actions[keyName(event)]
  }

  end() {
    document.removeEventListener("keydown", this.onKey, true)
  }
}
