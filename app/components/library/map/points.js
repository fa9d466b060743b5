// @ts-check
/** @typedef {import("./map_view.js").Point} Point */

/**
 * Bytes as Python packs them, in base 64.
 * @param {string} base64
 */
export function bytes(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}

/**
 * Numbers as Python packs them: 32-bit floats, little-endian, in base 64.
 * @param {string} base64
 */
export function floats(base64) {
  return new Float32Array(bytes(base64).buffer)
}

/**
 * Whether a point lies inside a polygon, by the even–odd rule.
 * @param {Point[]} polygon
 * @param {number} x
 * @param {number} y
 */
export function isInside(polygon, x, y) {
  let odd = false
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i]
    const [xj, yj] = polygon[j]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd
  }
  return odd
}

/** Many points, their coordinates apart. */
export class Points {
  /**
   * @param {Float32Array} x
   * @param {Float32Array} y
   */
  constructor(x, y) {
    this.x = x
    this.y = y
  }

  get count() {
    return this.x.length
  }

  /**
   * The nearest point within a distance, or -1.
   * @param {Point} place
   * @param {number} within
   * @param {(n: number) => boolean} [counts] whether a point may be the one; all may
   */
  nearest([x, y], within, counts) {
    let best = within ** 2
    let found = -1
    for (let n = 0; n < this.count; n++) {
      const distance = (this.x[n] - x) ** 2 + (this.y[n] - y) ** 2
      if (distance < best && (!counts || counts(n))) {
        best = distance
        found = n
      }
    }
    return found
  }

  /**
   * The next point in a direction, or -1: near ones first, those aside of it later.
   * @param {number} from a point
   * @param {Point} direction
   * @param {(n: number) => boolean} counts whether a point may be the one
   */
  next(from, [dx, dy], counts) {
    let best = Infinity
    let found = -1
    for (let n = 0; n < this.count; n++) {
      if (n === from || !counts(n)) continue
      const [x, y] = [this.x[n] - this.x[from], this.y[n] - this.y[from]]
      const ahead = x * dx + y * dy
      const aside = Math.abs(x * dy - y * dx)
      const far = ahead + 2 * aside
      if (ahead > 0 && aside <= 2 * ahead && far < best) {
        best = far
        found = n
      }
    }
    return found
  }

  /**
   * Those inside a polygon.
   * @param {Point[]} polygon
   */
  inside(polygon) {
    /** @type {number[]} */
    const found = []
    for (let n = 0; n < this.count; n++) if (isInside(polygon, this.x[n], this.y[n])) found.push(n)
    return found
  }
}

/**
 * The points of each bucket, buckets in their order.
 * @param {Float32Array} bucket
 * @returns {[bucket: number, members: number[]][]}
 */
export function byBucket(bucket) {
  /** @type {Map<number, number[]>} */
  const groups = new Map()
  bucket.forEach((one, n) => {
    const members = groups.get(one)
    if (members) members.push(n)
    else groups.set(one, [n])
  })
  return [...groups].sort((a, b) => a[0] - b[0])
}
