// @ts-check
import { element } from "../browser/element.js"
import { mounted } from "../browser/mounted.js"
import { MapView } from "./map_view.js"
import { byBucket, floats, Points } from "./points.js"

/** @typedef {import("./map_view.js").Point} Point */

/**
 * @typedef {object} MapData
 * @property {string} x coordinates in the unit square, packed
 * @property {string} y
 * @property {string} bucket each point's colour, packed; -1 for none
 * @property {string} inside packed: 1 for a clip of the view, 0 for one outside it
 * @property {string[]} clip_ids
 * @property {(string | null)[] | null} values what the colour stands for, in words
 * @property {string[]} classes names of the colours, where they are no scale
 * @property {string} low the scale's lower end
 * @property {string} high
 * @property {string} column
 * @property {string} thumbnails address below which thumbnails lie
 * @property {string} stamp another one for other points
 */

// Viridis (van der Walt, Smith 2015) at nine places: light and dark grounds both show it.
const RAMP = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"]
const CLASSES = [
  ...["#4c9be8", "#f2994a", "#27ae60", "#eb5757", "#9b51e0"],
  ...["#b08968", "#f783ac", "#94a3b8", "#c0ca33", "#22b8cf"],
]
const NONE = "#8884"
const OUTSIDE = 0.12 // how much is left of the colour of a clip that the view's filters keep out
const REACH_PX = 9 // a point so near to the pointer is meant
const LEAST_MOVES = 6 // of a lasso: less is a click
const HELP = "Draw around clips to see only them · wheel zooms · double-click shows all · click opens"

/** All clips as points; those inside a lasso become the view. */
class ClipMap {
  /**
   * @param {HTMLElement} root
   * @param {MapData} data
   */
  constructor(root, data) {
    this.data = data
    /** @type {import("../browser/mounted.js").Send} */
    this.trigger = () => {}
    this.view = new MapView()
    this.points = new Points(new Float32Array(), new Float32Array())
    this.bucket = new Float32Array()
    this.inside = new Float32Array()
    this.stamp = ""
    /** @type {Point[] | null} */
    this.lasso = null
    this.moves = 0
    this.near = -1
    const stage = element("div", "stage", root)
    this.canvas = element("canvas", "", stage)
    this.tip = element("div", "tip", stage)
    this.tip.hidden = true
    this.image = element("img", "", this.tip)
    this.name = element("div", "name", this.tip)
    this.said = element("div", "", this.tip)
    this.foot = element("div", "foot", root)
    this.canvas.onpointerdown = (event) => this.down(event)
    this.canvas.onpointermove = (event) => this.moved(event)
    this.canvas.onpointerup = (event) => this.up(event)
    this.canvas.onpointerleave = () => {
      this.tip.hidden = true
    }
    this.canvas.onwheel = (event) => this.wheel(event)
    this.canvas.ondblclick = () => {
      this.view.fit()
      this.draw()
    }
    this.watch = new ResizeObserver(() => this.resize())
    this.watch.observe(this.canvas)
  }

  /** @param {import("../browser/mounted.js").Mount<MapData>} mount */
  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue
    if (data.stamp === this.stamp) return
    this.stamp = data.stamp
    this.data = data
    this.points = new Points(floats(data.x), floats(data.y))
    this.bucket = floats(data.bucket)
    this.inside = floats(data.inside)
    const inView = this.inside.reduce((sum, one) => sum + one, 0)
    this.canvas.setAttribute("role", "img")
    this.canvas.setAttribute(
      "aria-label",
      `Map of ${this.points.count} clips, alike ones near one another, coloured by ${data.column}; ${inView} are in the view`,
    )
    this.legend()
    this.resize()
  }

  /** @param {number} bucket */
  colour(bucket) {
    if (bucket < 0) return NONE
    return this.data.classes.length ? CLASSES[bucket % CLASSES.length] : RAMP[bucket]
  }

  legend() {
    this.foot.replaceChildren()
    const { classes, low, high, column } = this.data
    classes.forEach((name, n) => {
      const key = element("span", "key", this.foot)
      element("span", "dot", key).style.background = this.colour(n)
      key.append(name)
    })
    if (!classes.length && column) {
      const key = element("span", "key", this.foot, `${column} ${low}`)
      element("span", "ramp", key).style.background = `linear-gradient(90deg, ${RAMP.join()})`
      key.append(high)
    }
    element("span", "help", this.foot, HELP)
  }

  resize() {
    const scale = devicePixelRatio || 1
    this.view.width = this.canvas.clientWidth
    this.view.height = this.canvas.clientHeight
    this.canvas.width = this.view.width * scale
    this.canvas.height = this.view.height * scale
    this.draw()
  }

  draw() {
    const { view, points } = this
    const { width, height } = view
    if (!width) return
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"))
    const scale = devicePixelRatio || 1
    pen.setTransform(scale, 0, 0, scale, 0, 0)
    pen.clearRect(0, 0, width, height)
    const { count } = points
    const size = count > 20000 ? 2 : count > 2000 ? 3.5 : 6
    const full = count > 20000 ? 0.6 : 0.8
    const lassoed = this.lasso && this.moves >= LEAST_MOVES ? new Set(this.points.inside(this.lasso)) : null
    for (const one of [0, 1]) {
      for (const [bucket, members] of byBucket(this.bucket)) {
        pen.fillStyle = this.colour(bucket)
        for (const n of members) {
          if (this.inside[n] !== one) continue
          pen.globalAlpha = !one || (lassoed && !lassoed.has(n)) ? OUTSIDE : full
          pen.fillRect(view.toX(points.x[n]) - size / 2, view.toY(points.y[n]) - size / 2, size, size)
        }
      }
    }
    pen.globalAlpha = 1
    this.drawLasso(pen)
    if (this.near >= 0) {
      pen.strokeStyle = this.ink()
      pen.lineWidth = 2
      const [x, y] = [view.toX(points.x[this.near]), view.toY(points.y[this.near])]
      pen.strokeRect(x - size, y - size, 2 * size, 2 * size)
    }
  }

  /** @param {CanvasRenderingContext2D} pen */
  drawLasso(pen) {
    if (!this.lasso || this.lasso.length < 2) return
    pen.strokeStyle = this.ink()
    pen.lineWidth = 1.5
    pen.setLineDash([5, 4])
    pen.beginPath()
    this.lasso.forEach(([x, y], n) => pen[n ? "lineTo" : "moveTo"](this.view.toX(x), this.view.toY(y)))
    pen.stroke()
    pen.setLineDash([])
  }

  ink() {
    return getComputedStyle(this.canvas).color
  }

  /**
   * The point that the pointer means, or -1.
   * @param {MouseEvent} event
   */
  nearest(event) {
    return this.points.nearest(this.place(event), REACH_PX / this.view.side)
  }

  /**
   * Where the pointer is in the unit square.
   * @param {MouseEvent} event
   */
  place(event) {
    return this.view.at([event.offsetX, event.offsetY])
  }

  /** @param {PointerEvent} event */
  down(event) {
    this.canvas.setPointerCapture(event.pointerId)
    this.lasso = [this.place(event)]
    this.moves = 0
  }

  /** @param {PointerEvent} event */
  moved(event) {
    if (this.lasso) {
      this.moves += 1
      this.tip.hidden = true
      this.lasso.push(this.place(event))
      this.draw()
      return
    }
    const near = this.nearest(event)
    this.tip.hidden = near < 0
    if (near >= 0) {
      this.tip.style.left = `${Math.max(0, Math.min(this.view.width - 212, event.offsetX + 14))}px`
      this.tip.style.top = `${Math.max(0, Math.min(this.view.height - 160, event.offsetY + 14))}px`
    }
    if (near === this.near) return
    this.near = near
    if (near >= 0) {
      const id = this.data.clip_ids[near]
      this.image.src = `${this.data.thumbnails}/${encodeURIComponent(id)}`
      this.name.textContent = id
      this.said.textContent = this.data.values ? `${this.data.column} ${this.data.values[near] ?? "–"}` : ""
    }
    this.draw()
  }

  /** @param {PointerEvent} event */
  up(event) {
    const polygon = this.lasso ?? []
    this.lasso = null
    if (this.moves < LEAST_MOVES) {
      const near = this.nearest(event)
      if (near >= 0) this.trigger("open", this.data.clip_ids[near])
    } else {
      const picked = this.points
        .inside(polygon)
        .filter((n) => this.inside[n])
        .map((n) => this.data.clip_ids[n])
      if (picked.length) this.trigger("picked", picked)
    }
    this.draw()
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault()
    this.view.wheel([event.offsetX, event.offsetY], event.deltaY)
    this.draw()
  }

  end() {
    this.watch.disconnect()
  }
}

/** @type {(mount: import("../browser/mounted.js").Mount<MapData>) => () => void} */
export default mounted(".root", (root, data) => new ClipMap(root, data))
