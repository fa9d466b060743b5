// @ts-check
import { clamp } from "../../browser/numbers.js"

/** @typedef {import("./filter_state.js").Bounds} Bounds */

/** A number's scale, from its least to its greatest value, and a stretch of it between two handles. */
export class Brush {
  /**
   * @param {number} low
   * @param {number} high
   */
  constructor(low, high) {
    this.low = low
    this.high = high
    /** As shares of the scale. */
    this.from = 0
    this.to = 1
  }

  /** @param {number} share */
  value(share) {
    return this.low + clamp(share, 0, 1) * (this.high - this.low)
  }

  /** @param {number} value */
  share(value) {
    return this.high > this.low ? clamp((value - this.low) / (this.high - this.low), 0, 1) : 0
  }

  /** Show a range. @param {Bounds} bounds */
  show({ low, high }) {
    this.from = low === null ? 0 : this.share(low)
    this.to = high === null ? 1 : Math.max(this.from, this.share(high))
  }

  /**
   * The range between the handles. A handle at its end of the scale leaves that side open: later clips may lie beyond.
   * @returns {Bounds}
   */
  bounds() {
    return {
      low: this.from <= 0 ? null : rounded(this.value(this.from), this.high - this.low),
      high: this.to >= 1 ? null : rounded(this.value(this.to), this.high - this.low),
    }
  }

  /**
   * Move one handle; it stops at the other one.
   * @param {"from" | "to"} side
   * @param {number} share
   */
  move(side, share) {
    if (side === "from") this.from = clamp(share, 0, this.to)
    else this.to = clamp(share, this.from, 1)
  }

  /**
   * Move both handles to where the stretch begins at `from`.
   * @param {number} from
   */
  slide(from) {
    const length = this.to - this.from
    this.from = clamp(from, 0, 1 - length)
    this.to = this.from + length
  }

  /**
   * A handle's place after a key, or null where the key is not for it.
   * @param {"from" | "to"} side
   * @param {string} key
   * @param {boolean} far
   */
  keyed(side, key, far) {
    const step = far ? 0.1 : 0.01
    const place = side === "from" ? this.from : this.to
    /** @type {Record<string, number>} */
    const places = {
      ...{ ArrowLeft: place - step, ArrowDown: place - step, ArrowRight: place + step, ArrowUp: place + step },
      ...{ PageDown: place - 0.1, PageUp: place + 0.1, Home: 0, End: 1 },
    }
    return key in places ? places[key] : null
  }
}

/**
 * A value with no more digits than a thousandth of its scale needs.
 * @param {number} value
 * @param {number} span
 */
export function rounded(value, span) {
  const digits = clamp(3 - Math.floor(Math.log10(span || 1)), 0, 12)
  return Number(value.toFixed(digits))
}

/**
 * A number as people read it: four digits at most, grouped.
 * @param {number} value
 */
export function shown(value) {
  if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(1)
  return value.toLocaleString("en", { maximumSignificantDigits: Math.abs(value) >= 1000 ? 6 : 3 })
}

/**
 * What somebody typed as a bound: a number, null for an open side, or undefined for what is no number.
 * @param {string} text
 */
export function typed(text) {
  const plain = text.trim().replaceAll(",", "").replace("−", "-")
  if (!plain) return null
  const value = Number(plain)
  return Number.isFinite(value) ? value : undefined
}

/**
 * Bars from the bottom of a box that is one unit high and as many wide as there are bars.
 * @param {number[]} counts
 * @param {number} top the count of a full bar
 */
export function bars(counts, top) {
  return counts
    .map((count, n) => (count ? `M${n + 0.06} 1V${(1 - Math.max(0.04, count / top)).toFixed(3)}H${n + 0.94}V1Z` : ""))
    .join("")
}
