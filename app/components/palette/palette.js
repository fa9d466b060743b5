// @ts-check
import { element, keyLegend } from "../browser/element.js"
import { isOurs } from "../browser/keys.js"
import { mounted } from "../browser/mounted.js"
import { fitting } from "./match.js"

/** @typedef {import("./match.js").Entry} Entry */

/**
 * @typedef {object} PaletteData
 * @property {Entry[]} entries
 * @property {string} find address that finds videos and clips by what was typed
 * @property {string} title of the page
 * @property {string} about what the page is for
 * @property {string[][]} keys of the page
 * @property {boolean} letters whether keys without Ctrl act
 */

const MOST = 12
const WAIT_MS = 120
const EVERYWHERE = [
  ["Ctrl K", "go anywhere, run a step, find a video or clip"],
  ["?", "the keys of this page"],
]

/** A window over the page: the palette by Ctrl+K, the keys of the page by `?`. */
class Palette {
  /**
   * @param {HTMLElement} root
   * @param {PaletteData} data
   */
  constructor(root, data) {
    this.data = data
    /** @type {Entry[]} */
    this.shown = []
    /** @type {Entry[]} */
    this.found = []
    this.at = 0
    this.asked = 0
    /** @type {import("../browser/mounted.js").Send} */
    this.trigger = () => {}
    this.root = root
    this.dialog = element("dialog", "", root)
    this.dialog.onclick = (event) => {
      if (event.target === this.dialog) this.dialog.close()
    }
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event)
    this.onHelp = (/** @type {KeyboardEvent} */ event) => this.maybeHelp(event)
    document.addEventListener("keydown", this.onKey, true)
    document.addEventListener("keydown", this.onHelp)
  }

  /** @param {import("../browser/mounted.js").Mount<PaletteData>} mount */
  update({ data, setTriggerValue }) {
    this.data = data
    this.trigger = setTriggerValue
    document.documentElement.dataset.letters = data.letters ? "on" : "off"
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault()
      if (this.dialog.open) this.dialog.close()
      else this.search()
    }
  }

  /**
   * Say the page's keys, unless a component with keys of its own says them.
   * @param {KeyboardEvent} event
   */
  maybeHelp(event) {
    if (event.key !== "?" || this.dialog.open || !isOurs(event, this.root)) return
    setTimeout(() => {
      if (!event.defaultPrevented) this.help()
    })
  }

  help() {
    this.dialog.replaceChildren()
    this.dialog.setAttribute("aria-label", `Keys of ${this.data.title}`)
    element("h2", "", this.dialog, this.data.title)
    element("p", "", this.dialog, this.data.about)
    const keys = element("div", "keys", this.dialog)
    keyLegend(keys, [...this.data.keys, ...EVERYWHERE])
    const close = element("button", "close", this.dialog, "Close")
    close.onclick = () => this.dialog.close()
    this.dialog.showModal()
  }

  search() {
    this.dialog.replaceChildren()
    this.dialog.setAttribute("aria-label", "Go to or do")
    const input = element("input", "", this.dialog)
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-label": "Go to or do",
      "aria-expanded": "true",
      "aria-controls": "palette-list",
      "aria-autocomplete": "list",
      placeholder: "A page, a step, a saved view, a video, a clip",
      autocomplete: "off",
    }))
      input.setAttribute(name, value)
    const list = element("ul", "", this.dialog)
    list.id = "palette-list"
    list.setAttribute("role", "listbox")
    list.setAttribute("aria-label", "What fits")
    const none = element("p", "none", this.dialog, "Nothing fits.")
    none.setAttribute("role", "status")
    const draw = () => {
      this.shown = [...fitting(this.data.entries, input.value, MOST), ...this.found].slice(0, MOST)
      this.at = Math.max(0, Math.min(this.at, this.shown.length - 1))
      none.hidden = this.shown.length > 0
      list.replaceChildren()
      this.shown.forEach((entry, place) => {
        const row = element("li", "", list)
        row.id = `palette-${place}`
        row.setAttribute("role", "option")
        row.setAttribute("aria-selected", String(place === this.at))
        element("span", "title", row, entry.title)
        element("span", "kind", row, entry.kind)
        row.onpointermove = () => {
          if (this.at !== place) this.mark(list, input, place)
        }
        row.onclick = () => this.choose(entry)
      })
      this.mark(list, input, this.at)
    }
    input.oninput = () => {
      this.at = 0
      this.found = []
      draw()
      this.ask(input, draw)
    }
    input.onkeydown = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (step) this.mark(list, input, (this.at + step + this.shown.length) % Math.max(1, this.shown.length))
      else if (event.key === "Enter" && this.shown[this.at]) this.choose(this.shown[this.at])
      else return
      event.preventDefault()
    }
    this.at = 0
    this.found = []
    draw()
    this.dialog.showModal()
    input.focus()
  }

  /**
   * @param {HTMLElement} list
   * @param {HTMLElement} input
   * @param {number} place
   */
  mark(list, input, place) {
    this.at = place
    Array.from(list.children).forEach((row, number) => row.setAttribute("aria-selected", String(number === place)))
    input.setAttribute("aria-activedescendant", this.shown.length ? `palette-${place}` : "")
    list.children[place]?.scrollIntoView({ block: "nearest" })
  }

  /**
   * Ask the app for videos and clips once nothing is typed for a moment; a late answer to an earlier text is dropped.
   * @param {HTMLInputElement} input
   * @param {() => void} draw
   */
  ask(input, draw) {
    const number = ++this.asked
    const typed = input.value.trim()
    if (typed.length < 2) return
    setTimeout(async () => {
      if (number !== this.asked) return
      const answer = await fetch(`${this.data.find}?q=${encodeURIComponent(typed)}`).catch(() => null)
      if (!answer?.ok) return
      const found = /** @type {Entry[]} */ (await answer.json())
      if (number !== this.asked || !this.dialog.open) return
      this.found = found
      draw()
    }, WAIT_MS)
  }

  /** @param {Entry} entry */
  choose(entry) {
    this.dialog.close()
    this.trigger("chosen", entry.target)
  }

  end() {
    document.removeEventListener("keydown", this.onKey, true)
    document.removeEventListener("keydown", this.onHelp)
  }
}

/** @type {(mount: import("../browser/mounted.js").Mount<PaletteData>) => () => void} */
export default mounted(".root", (root, data) => new Palette(root, data))
