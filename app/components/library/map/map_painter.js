// @ts-check
import { STATE } from "./map_data.js"
import { byBucket } from "./points.js"

/** @typedef {import("./map_data.js").MapData} MapData */
/** @typedef {import("./map_view.js").MapView} MapView */
/** @typedef {import("./map_view.js").Point} Point */

// Viridis (van der Walt, Smith 2015) at nine places: light and dark grounds both show it.
export const RAMP = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"]
const CLASSES = [
  ...["#4c9be8", "#f2994a", "#27ae60", "#eb5757", "#9b51e0"],
  ...["#b08968", "#f783ac", "#94a3b8", "#c0ca33", "#22b8cf"],
]
const NONE = "#888888"
const FADED = 0.12 // how much is left of the colour of a clip that is not in the view, or not in the lasso
const ROUND_BELOW = 8_000 // with more points than this, each is a square: many circles take long
export const MANY = 20_000
const TURNS = 12

/**
 * @param {number} bucket
 * @param {string[]} classes
 */
export function colourOf(bucket, classes) {
  if (bucket < 0) return NONE
  return classes.length ? CLASSES[bucket % CLASSES.length] : RAMP[bucket]
}

/** Draws the points on one canvas, and what moves (lasso, marks) on another one above it. */
export class MapPainter {
  /**
   * @param {HTMLCanvasElement} below
   * @param {HTMLCanvasElement} above
   */
  constructor(below, above) {
    this.below = below
    this.above = above
    /** @type {[MapData | null, [bucket: number, members: number[]][]]} */
    this.groups = [null, []]
  }

  /** @param {MapView} view */
  fit(view) {
    const scale = devicePixelRatio || 1
    view.width = this.above.clientWidth
    view.height = this.above.clientHeight
    for (const canvas of [this.below, this.above]) {
      canvas.width = view.width * scale
      canvas.height = view.height * scale
    }
  }

  /** @param {HTMLCanvasElement} canvas */
  pen(canvas) {
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"))
    const scale = devicePixelRatio || 1
    pen.setTransform(scale, 0, 0, scale, 0, 0)
    pen.clearRect(0, 0, canvas.width, canvas.height)
    return pen
  }

  /** @param {number} count */
  size(count) {
    return count > MANY ? 2 : count > 2000 ? 3.5 : 7
  }

  /**
   * The points: those in the view above those that are not.
   * @param {MapData} data
   * @param {MapView} view
   * @param {Set<number> | null} lassoed the points that stay bright while a lasso is drawn
   */
  points(data, view, lassoed) {
    if (!view.width) return
    const pen = this.pen(this.below)
    const { points, state, count } = data
    const size = this.size(count)
    const full = count > MANY ? 0.6 : 0.8
    // A thin edge in the ink's colour: the ends of the scale are near one ground or the other.
    pen.strokeStyle = getComputedStyle(this.below).color
    pen.lineWidth = 0.75
    if (this.groups[0] !== data) this.groups = [data, byBucket(data.bucket)]
    for (const isIn of [false, true]) {
      // In turns, so that no colour lies above all others.
      for (let turn = 0; turn < TURNS; turn++) {
        for (const [bucket, members] of this.groups[1]) {
          pen.fillStyle = colourOf(bucket, data.classes)
          for (let at = turn; at < members.length; at += TURNS) {
            const n = members[at]
            if ((state[n] === STATE.in) !== isIn) continue
            pen.globalAlpha = (lassoed ? lassoed.has(n) && state[n] !== STATE.out : isIn) ? full : FADED
            this.point(pen, view.toX(points.x[n]), view.toY(points.y[n]), size, count < ROUND_BELOW)
          }
        }
      }
    }
    pen.globalAlpha = 1
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {number} x
   * @param {number} y
   * @param {number} size
   * @param {boolean} round
   */
  point(pen, x, y, size, round) {
    if (!round) return pen.fillRect(x - size / 2, y - size / 2, size, size)
    pen.beginPath()
    pen.arc(x, y, size / 2, 0, 2 * Math.PI)
    pen.fill()
    pen.stroke()
  }

  /**
   * What moves: the lasso, the point that is pointed at, and the one of the wall's marked clip.
   * @param {MapData} data
   * @param {MapView} view
   * @param {{ lasso: Point[] | null, near: number, marked: number, hovered: number }} shown
   */
  marks(data, view, { lasso, near, marked, hovered }) {
    if (!view.width) return
    const pen = this.pen(this.above)
    const ink = getComputedStyle(this.above)
    pen.strokeStyle = ink.color
    if (lasso && lasso.length > 1) {
      pen.lineWidth = 1.5
      pen.setLineDash([5, 4])
      pen.beginPath()
      lasso.forEach(([x, y], n) => pen[n ? "lineTo" : "moveTo"](view.toX(x), view.toY(y)))
      pen.stroke()
      pen.fillStyle = ink.color
      pen.globalAlpha = 0.06
      pen.fill()
      pen.globalAlpha = 1
      pen.setLineDash([])
    }
    const size = this.size(data.count)
    const accent = ink.getPropertyValue("--st-primary-color").trim() || ink.color
    this.ring(pen, data, view, marked, size / 2 + 6, [ink.color, accent])
    this.ring(pen, data, view, hovered, size / 2 + 4, [ink.color])
    this.ring(pen, data, view, near, size / 2 + 4, [ink.color])
  }

  /**
   * A ring around a point, in one colour or with a second one around it.
   * @param {CanvasRenderingContext2D} pen
   * @param {MapData} data
   * @param {MapView} view
   * @param {number} n
   * @param {number} radius
   * @param {string[]} colours
   */
  ring(pen, data, view, n, radius, colours) {
    if (n < 0) return
    const [x, y] = [view.toX(data.points.x[n]), view.toY(data.points.y[n])]
    colours.forEach((colour, k) => {
      pen.strokeStyle = colour
      pen.lineWidth = k ? 3 : 2
      pen.beginPath()
      pen.arc(x, y, radius + 2.5 * k, 0, 2 * Math.PI)
      pen.stroke()
    })
  }
}
