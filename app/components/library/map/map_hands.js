// @ts-check
import { STATE } from "./map_data.js"
import { MANY } from "./map_painter.js"

/** @typedef {import("./clip_map.js").ClipMap} ClipMap */
/** @typedef {import("./map_view.js").Point} Point */

const REACH_PX = 9 // a point so near to the pointer is meant
const LEAST_MOVES = 6 // of a lasso: less is a click
const ZOOM_KEY = 250
/** @type {Record<string, Point>} */
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }

/** What a person does on the map: draws a lasso, points, clicks, zooms; with keys, goes from point to point. */
export class MapHands {
  /** @param {ClipMap} map */
  constructor(map) {
    this.map = map
    /** @type {Point[] | null} */
    this.lasso = null
    this.moves = 0
    this.near = -1
    const canvas = map.words.above
    canvas.onpointerdown = (event) => this.down(event)
    // Who came by the mouse goes on with the keys of the wall: the focus stays where it is.
    canvas.onmousedown = (event) => event.preventDefault()
    canvas.onpointermove = (event) => this.moved(event)
    canvas.onpointerup = (event) => this.up(event)
    canvas.onpointercancel = () => this.drop()
    canvas.onpointerleave = () => this.point(-1)
    canvas.onwheel = (event) => {
      event.preventDefault()
      map.view.wheel([event.offsetX, event.offsetY], event.deltaY)
      map.draw()
    }
    canvas.ondblclick = () => this.fit()
    canvas.onkeydown = (event) => this.key(event)
    canvas.onblur = () => this.point(-1)
  }

  /** The points that stay bright while a lasso is drawn; with very many it would take too long. */
  lassoed() {
    const { points, count } = this.map.data
    return this.lasso && this.moves >= LEAST_MOVES && count <= MANY ? new Set(points.inside(this.lasso)) : null
  }

  /**
   * Where the pointer is in the unit square.
   * @param {MouseEvent} event
   */
  place(event) {
    return this.map.view.at([event.offsetX, event.offsetY])
  }

  /**
   * The point that the pointer means, or -1.
   * @param {MouseEvent} event
   */
  nearest(event) {
    const within = REACH_PX / this.map.view.side
    const { points, state } = this.map.data
    const found = points.nearest(this.place(event), within, (n) => state[n] === STATE.in)
    return found < 0 ? points.nearest(this.place(event), within) : found
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0) return
    this.map.words.above.setPointerCapture(event.pointerId)
    this.lasso = [this.place(event)]
    this.moves = 0
  }

  /** @param {PointerEvent} event */
  moved(event) {
    if (!this.lasso) return this.point(this.nearest(event), [event.offsetX, event.offsetY])
    this.moves += 1
    this.lasso.push(this.place(event))
    this.point(-1)
    if (this.lassoed()) this.map.draw()
    else this.map.drawMarks()
  }

  /** @param {PointerEvent} event */
  up(event) {
    const polygon = this.lasso
    this.lasso = null
    if (!polygon) return
    if (this.moves < LEAST_MOVES) {
      const near = this.nearest(event)
      if (near >= 0) this.map.goTo(near)
    } else {
      this.map.pick(this.map.data.points.inside(polygon))
    }
    this.map.draw()
  }

  /** Let go of the lasso. */
  drop() {
    this.lasso = null
    this.map.draw()
  }

  fit() {
    this.map.view.fit()
    this.map.draw()
  }

  /**
   * Point at a clip: its picture and its words show.
   * @param {number} n
   * @param {Point} [pixel]
   */
  point(n, pixel) {
    const { map } = this
    if (n >= 0) map.words.tipAt(n, pixel ?? this.pixel(n), map)
    else map.words.tip.hidden = true
    if (n === this.near) return
    this.near = n
    map.drawMarks()
  }

  /**
   * @param {number} n
   * @returns {Point}
   */
  pixel(n) {
    const { view, data } = this.map
    return [view.toX(data.points.x[n]), view.toY(data.points.y[n])]
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { map } = this
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const zoom = { "+": -ZOOM_KEY, "=": -ZOOM_KEY, "-": ZOOM_KEY }[event.key]
    const direction = ARROWS[event.key]
    if (event.key === "Escape" && this.lasso) this.drop()
    else if (event.key === "Enter" && this.near >= 0) map.goTo(this.near)
    else if (event.key === "0") this.fit()
    else if (zoom) {
      map.view.wheel(this.near >= 0 ? this.pixel(this.near) : [map.view.width / 2, map.view.height / 2], zoom)
      map.draw()
    } else if (direction) this.step(direction)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  /** @param {Point} direction */
  step(direction) {
    const { data, marked, words } = this.map
    const isIn = (/** @type {number} */ n) => data.state[n] === STATE.in
    const from = this.near >= 0 ? this.near : data.at(marked)
    const first = data.state.indexOf(STATE.in)
    const to = from < 0 ? first : this.near < 0 ? from : data.points.next(from, direction, isIn)
    if (to < 0) return words.say("No clip further that way")
    this.point(to)
    words.say(`${data.title(to)}, ${data.valueText(to)}`)
  }
}
