// @ts-check
import { element } from "../../browser/element.js"
import { isOurs, keyName } from "../../browser/keys.js"
import { mounted } from "../../browser/mounted.js"

/** Clips at the left, a panel with points at the right. */
const ICON = [
  "M3.5 3.5h17v17h-17z M13 3.5v17",
  "M6 7h4 M6 12h4 M6 17h4 M16 8.5h.01 M18 12.5h.01 M15.5 14h.01 M17.5 17h.01",
]
const SVG = "http://www.w3.org/2000/svg"

/** The button, and the key M, that put the map beside the wall or take it away. */
class MapButton {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.on = false
    /** @type {import("../../browser/mounted.js").Send} */
    this.trigger = () => {}
    this.button = element("button", "", root)
    this.button.type = "button"
    this.button.setAttribute("aria-label", "Map beside the clips")
    this.button.onclick = () => this.toggle()
    const icon = document.createElementNS(SVG, "svg")
    for (const [name, value] of Object.entries({
      viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-linecap": "round", "aria-hidden": "true",
    })) icon.setAttribute(name, value) // prettier-ignore
    ICON.forEach((d, n) => {
      const path = document.createElementNS(SVG, "path")
      path.setAttribute("d", d)
      path.setAttribute("stroke-width", n ? "2.2" : "1.6")
      icon.append(path)
    })
    this.button.append(icon)
    this.onKey = (/** @type {KeyboardEvent} */ event) => {
      if (keyName(event) !== "m" || event.repeat || !isOurs(event, root)) return
      event.preventDefault()
      this.toggle()
    }
    document.addEventListener("keydown", this.onKey)
  }

  /** @param {import("../../browser/mounted.js").Mount<{ on: boolean }>} mount */
  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue
    this.show(data.on)
  }

  /** @param {boolean} on */
  show(on) {
    this.on = on
    this.button.setAttribute("aria-pressed", String(on))
    this.button.title = on ? "Close the map (M)" : "Map beside the clips (M)"
  }

  toggle() {
    this.show(!this.on)
    this.trigger("wanted", this.on ? "yes" : "no")
  }

  end() {
    document.removeEventListener("keydown", this.onKey)
  }
}

/** @type {(mount: import("../../browser/mounted.js").Mount<{ on: boolean }>) => () => void} */
export default mounted(".root", (root) => new MapButton(root))
