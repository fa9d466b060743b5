// @ts-check
import { element } from "../../browser/element.js"
import { clamp } from "../../browser/numbers.js"

const MARKS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zm6 0h4v14h-4z",
}

/**
 * A drawn sign inside a button.
 * @param {Element} parent
 * @param {keyof typeof MARKS} name
 */
function sign(parent, name) {
  const space = "http://www.w3.org/2000/svg"
  const drawing = document.createElementNS(space, "svg")
  drawing.setAttribute("viewBox", "0 0 24 24")
  drawing.setAttribute("aria-hidden", "true")
  const path = document.createElementNS(space, "path")
  path.setAttribute("d", MARKS[name])
  drawing.append(path)
  parent.replaceChildren(drawing)
}

/**
 * @typedef {object} Wishes what the buttons do
 * @property {() => void} toggle
 * @property {(share: number) => void} seek
 * @property {(decision: "keep" | "drop") => void} decide
 * @property {() => void} tag
 * @property {() => void} undo
 * @property {() => void} edit
 * @property {() => void} help
 */

/** The line below the clip: how far it has played, and a button for every key. */
export class Bar {
  /**
   * @param {Element} parent
   * @param {Wishes} wishes
   */
  constructor(parent, wishes) {
    this.root = element("div", "bar", parent)
    this.play = this.button("icon", "", wishes.toggle)
    this.time = element("span", "time", this.root)
    this.line = element("div", "line", this.root)
    this.line.setAttribute("role", "slider")
    this.line.setAttribute("aria-label", "Place in the clip")
    this.line.tabIndex = 0
    this.done = element("div", "done", this.line)
    this.keep = this.button("decision keep", "Keep", () => wishes.decide("keep"), "K")
    this.drop = this.button("decision drop", "Drop", () => wishes.decide("drop"), "D")
    this.tag = this.button("", "Tag", wishes.tag, "T")
    this.undo = this.button("", "Undo", wishes.undo, "Z")
    this.edit = this.button("", "Edit", wishes.edit, "E")
    this.help = this.button("icon", "?", wishes.help)
    this.help.setAttribute("aria-label", "Keys")
    this.edit.title = "Change where the clip begins and ends, or split it"
    this.wasPlaying = /** @type {boolean | null} */ (null)
    this.line.onpointerdown = (event) => {
      event.preventDefault() // the focus stays: the arrows go on stepping through clips
      this.line.setPointerCapture(event.pointerId)
      const seek = (/** @type {PointerEvent} */ { clientX }) => {
        const box = this.line.getBoundingClientRect()
        wishes.seek(clamp((clientX - box.left) / box.width, 0, 1))
      }
      seek(event)
      this.line.onpointermove = seek
    }
    this.line.onpointerup = () => {
      this.line.onpointermove = null
    }
  }

  /**
   * @param {string} className
   * @param {string} text
   * @param {() => void} act
   * @param {string} [key]
   */
  button(className, text, act, key) {
    const node = element("button", `button ${className}`, this.root, text)
    node.type = "button"
    if (key) {
      const hint = element("kbd", "", node, key)
      hint.setAttribute("aria-hidden", "true")
      node.setAttribute("aria-keyshortcuts", key)
    }
    node.onclick = () => act()
    return node
  }

  /** @param {import("./loupe_state.js").Decision} decision */
  mark(decision) {
    this.keep.setAttribute("aria-pressed", String(decision === "keep"))
    this.drop.setAttribute("aria-pressed", String(decision === "drop"))
  }

  /**
   * @param {{ at_s: number, length_s: number }} place
   * @param {boolean} playing
   */
  tick({ at_s, length_s }, playing) {
    if (playing !== this.wasPlaying) {
      this.wasPlaying = playing
      sign(this.play, playing ? "pause" : "play")
      this.play.setAttribute("aria-label", playing ? "Pause" : "Play")
    }
    const text = `${at_s.toFixed(1)} / ${length_s.toFixed(1)} s`
    if (this.time.textContent === text) return
    this.time.textContent = text
    this.done.style.width = `${length_s ? (100 * at_s) / length_s : 0}%`
    this.line.setAttribute("aria-valuenow", at_s.toFixed(1))
    this.line.setAttribute("aria-valuemin", "0")
    this.line.setAttribute("aria-valuemax", length_s.toFixed(1))
    this.line.setAttribute("aria-valuetext", text)
  }
}
