// @ts-check
import { clamp } from "../../browser/numbers.js"

const FARTHEST = 60
const MARGIN = 0.94 // the share of the canvas that the points take at first

/** @typedef {[x: number, y: number]} Point */

/** Which part of the unit square a canvas shows: y goes up there, and down on the canvas. */
export class MapView {
  constructor() {
    this.width = 0
    this.height = 0
    this.zoom = 1
    /** @type {Point} */
    this.middle = [0.5, 0.5]
  }

  /** Show all. */
  fit() {
    this.zoom = 1
    this.middle = [0.5, 0.5]
  }

  /** The length of the unit square's side on the canvas. */
  get side() {
    return Math.min(this.width, this.height) * MARGIN * this.zoom
  }

  /** @param {number} x */
  toX(x) {
    return this.width / 2 + (x - this.middle[0]) * this.side
  }

  /** @param {number} y */
  toY(y) {
    return this.height / 2 - (y - this.middle[1]) * this.side
  }

  /**
   * What lies at a place on the canvas.
   * @param {Point} pixel
   * @returns {Point}
   */
  at([px, py]) {
    return [(px - this.width / 2) / this.side + this.middle[0], -(py - this.height / 2) / this.side + this.middle[1]]
  }

  /**
   * Zoom by a turn of the wheel; what lies under the pointer stays there.
   * @param {Point} pixel
   * @param {number} turned as a wheel event says it: more than 0 is away from the points
   */
  wheel(pixel, turned) {
    const [x, y] = this.at(pixel)
    this.zoom = clamp(this.zoom * Math.exp(-turned / 500), 1, FARTHEST)
    if (this.zoom === 1) {
      this.fit()
      return
    }
    const [movedX, movedY] = this.at(pixel)
    this.middle = [this.middle[0] + x - movedX, this.middle[1] + y - movedY]
  }
}
