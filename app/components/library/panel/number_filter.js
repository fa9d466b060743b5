// @ts-check
import { element } from "../../browser/element.js"
import { Brush, bars, shown, typed } from "./brush.js"

/** @typedef {import("./filter_state.js").Bounds} Bounds */
/** @typedef {{ name: string, title: string, unit: string, meaning: string, group: string }} NumberWords */

/**
 * @typedef {object} Spread
 * @property {string} column
 * @property {number | null} low
 * @property {number | null} high
 * @property {number[]} everything
 * @property {number[]} passing
 * @property {number} missing
 */

/** @typedef {(bounds: Bounds, done: boolean) => void} OnRange */
/** @typedef {"from" | "to"} Side */

const GRIP_PX = 9
const SVG = "http://www.w3.org/2000/svg"
/** @type {Side[]} */
const SIDES = ["from", "to"]

/** One number: its histogram with two handles, and two fields for its bounds. */
export class NumberFilter {
  /**
   * @param {Element} parent
   * @param {NumberWords} words
   * @param {OnRange} onRange
   */
  constructor(parent, words, onRange) {
    this.words = words
    this.onRange = onRange
    this.brush = new Brush(0, 1)
    /** @type {{ side: Side } | { from: number, at: number } | null} */
    this.drag = null
    this.node = element("div", "number", parent)
    const head = element("div", "head", this.node)
    const title = element("span", "title", head, words.title)
    title.title = [words.meaning, words.name].filter(Boolean).join("\n")
    if (words.unit) element("span", "unit", head, words.unit)
    this.clear = element("button", "clear", head, "Clear")
    this.clear.setAttribute("aria-label", `Clear the filter by ${words.title}`)
    this.clear.onclick = () => this.set({ low: null, high: null }, true)
    this.plot = element("div", "plot", this.node)
    const picture = document.createElementNS(SVG, "svg")
    picture.setAttribute("preserveAspectRatio", "none")
    picture.setAttribute("aria-hidden", "true")
    this.plot.append(picture)
    this.picture = picture
    this.pale = this.path("pale")
    this.full = this.path("full")
    this.veils = SIDES.map((side) => element("div", `veil ${side}`, this.plot))
    this.handles = SIDES.map((side) => this.handle(side))
    this.fields = element("div", "fields", this.node)
    this.inputs = SIDES.map((side) => this.input(side))
    this.problem = element("div", "problem", this.node)
    this.problem.setAttribute("role", "alert")
    this.none = element("div", "none", this.node)
    this.plot.onpointerdown = (event) => this.down(event)
    this.plot.onpointermove = (event) => this.moved(event)
    this.plot.onpointerup = () => this.up()
    this.plot.onpointercancel = () => this.up()
    this.plot.ondblclick = () => this.set({ low: null, high: null }, true)
  }

  /** @param {string} className */
  path(className) {
    const path = document.createElementNS(SVG, "path")
    path.setAttribute("class", className)
    this.picture.append(path)
    return path
  }

  /** @param {Side} side */
  handle(side) {
    const handle = element("div", `handle ${side}`, this.plot)
    handle.tabIndex = 0
    handle.setAttribute("role", "slider")
    handle.setAttribute("aria-valuenow", "0")
    handle.setAttribute("aria-valuetext", "being counted")
    handle.setAttribute("aria-label", `${this.words.title}, ${side === "from" ? "at least" : "at most"}`)
    handle.onkeydown = (event) => {
      const place = this.brush.keyed(side, event.key, event.shiftKey)
      if (place === null) return
      event.preventDefault()
      event.stopPropagation()
      this.brush.move(side, place)
      this.send(true)
    }
    return handle
  }

  /** @param {Side} side */
  input(side) {
    const input = element("input", side, this.fields)
    input.inputMode = "decimal"
    input.setAttribute("aria-label", `${this.words.title}, ${side === "from" ? "at least" : "at most"}, typed`)
    input.onchange = () => this.typed()
    input.onkeydown = (event) => {
      event.stopPropagation()
      if (event.key === "Enter") this.typed()
    }
    return input
  }

  /**
   * @param {Spread} spread
   * @param {Bounds} bounds
   */
  update(spread, bounds) {
    const { low, high } = spread
    const known = low !== null && high !== null && low < high
    this.node.classList.toggle("empty", !known)
    this.none.textContent = known ? "" : low === null ? "Not measured yet" : `All clips have ${shown(low)}`
    if (!known) return
    this.brush.low = low
    this.brush.high = high
    const top = Math.max(...spread.everything, 1)
    this.picture.setAttribute("viewBox", `0 0 ${spread.everything.length} 1`)
    this.pale.setAttribute("d", bars(spread.everything, top))
    this.full.setAttribute("d", bars(spread.passing, top))
    if (this.drag) return
    this.brush.show(bounds)
    this.place(bounds)
  }

  /** Show where the handles are. @param {Bounds} bounds */
  place(bounds) {
    const { brush } = this
    const isSet = bounds.low !== null || bounds.high !== null
    this.node.classList.toggle("set", isSet)
    this.plot.style.setProperty("--from", `${100 * brush.from}%`)
    this.plot.style.setProperty("--to", `${100 * brush.to}%`)
    const values = [bounds.low ?? brush.low, bounds.high ?? brush.high]
    const given = [bounds.low, bounds.high]
    SIDES.forEach((side, n) => {
      const [handle, input] = [this.handles[n], this.inputs[n]]
      handle.setAttribute("aria-valuemin", String(brush.low))
      handle.setAttribute("aria-valuemax", String(brush.high))
      handle.setAttribute("aria-valuenow", String(values[n]))
      const open = given[n] === null ? ", open" : ""
      handle.setAttribute("aria-valuetext", `${shown(values[n])} ${this.words.unit}`.trim() + open)
      // What is being typed, or is wrong, stays until it is changed by hand.
      if (/** @type {ShadowRoot} */ (input.getRootNode()).activeElement === input || input.ariaInvalid) return
      input.value = given[n] === null ? "" : String(given[n])
      input.placeholder = shown(values[n])
    })
  }

  /** Take the typed bounds, or say what is wrong with them and take neither. */
  typed() {
    const [low, high] = this.inputs.map((input) => typed(input.value))
    const crossed = typeof low === "number" && typeof high === "number" && low > high
    this.inputs.forEach((input, n) => {
      input.ariaInvalid = crossed || [low, high][n] === undefined ? "true" : null
    })
    const wrong = this.inputs.find((input) => input.ariaInvalid)
    this.problem.textContent = crossed ? "The least is above the most" : wrong ? `“${wrong.value}” is no number` : ""
    if (low === undefined || high === undefined || crossed) return
    this.brush.show({ low, high })
    this.set({ low, high }, true)
  }

  /**
   * @param {Bounds} bounds
   * @param {boolean} done
   */
  set(bounds, done) {
    this.problem.textContent = ""
    for (const input of this.inputs) input.ariaInvalid = null
    this.brush.show(bounds)
    this.place(bounds)
    this.onRange(bounds, done)
  }

  /** @param {boolean} done */
  send(done) {
    this.set(this.brush.bounds(), done)
  }

  /** Where the pointer is, as a share of the plot. @param {PointerEvent} event */
  at(event) {
    const box = this.plot.getBoundingClientRect()
    return { share: (event.clientX - box.left) / box.width, grip: GRIP_PX / box.width }
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button) return
    event.preventDefault()
    this.plot.setPointerCapture(event.pointerId)
    const { share, grip } = this.at(event)
    const { brush } = this
    const toFrom = Math.abs(share - brush.from)
    const toTo = Math.abs(share - brush.to)
    if (Math.min(toFrom, toTo) <= grip) this.drag = { side: toFrom < toTo || share < brush.from ? "from" : "to" }
    else if (this.node.classList.contains("set") && share > brush.from && share < brush.to)
      this.drag = { from: brush.from, at: share }
    else {
      brush.from = Math.max(0, Math.min(1, share))
      brush.to = brush.from
      this.drag = { side: "to" }
    }
    const side = "side" in this.drag ? this.drag.side : "from"
    this.handles[SIDES.indexOf(side)].focus()
  }

  /** @param {PointerEvent} event */
  moved(event) {
    if (!this.drag) return
    const { share } = this.at(event)
    if ("side" in this.drag) {
      const other = this.drag.side === "from" ? this.brush.to : this.brush.from
      // Past the other handle the pointer takes that one along.
      if (this.drag.side === "to" ? share < other : share > other) {
        this.brush.from = this.brush.to = other
        this.drag.side = this.drag.side === "to" ? "from" : "to"
      }
      this.brush.move(this.drag.side, share)
    } else this.brush.slide(this.drag.from + share - this.drag.at)
    this.send(false)
  }

  up() {
    if (!this.drag) return
    this.drag = null
    // A click on one place, without a stretch, means nothing.
    if (this.brush.to - this.brush.from < 0.002) this.set({ low: null, high: null }, true)
    else this.send(true)
  }
}
