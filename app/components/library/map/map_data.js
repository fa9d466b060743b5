// @ts-check
import { timecode } from "../../browser/numbers.js"
import { bytes, floats, Points } from "./points.js"

/** @typedef {import("./map_source.js").PointsAnswer} PointsAnswer */

/** How the view takes a point: its filters keep it out; only the lasso does; it is in. The numbers are Python's. */
export const STATE = { out: 0, lassoedOut: 1, in: 2 }

/**
 * A number with three digits.
 * @param {number | null} value
 */
export function short(value) {
  return value === null || Number.isNaN(value) ? "–" : String(Number(value.toPrecision(3)))
}

/** The points of a map: where they are, whose they are, what their colours stand for. */
export class MapData {
  /** @param {PointsAnswer} answer */
  constructor(answer) {
    this.points = new Points(floats(answer.x), floats(answer.y))
    this.bucket = floats(answer.bucket)
    this.value = floats(answer.value)
    this.video = floats(answer.video)
    this.clip_ids = answer.clip_ids
    this.videos = answer.videos
    this.names = answer.names
    this.classes = answer.classes
    this.low = answer.low
    this.high = answer.high
    this.state = new Uint8Array(this.points.count).fill(STATE.in)
    /** @type {Map<string, number> | null} */
    this.placeOf = null
  }

  static get none() {
    const [nothing, names] = ["", []]
    return new MapData({
      x: nothing, y: nothing, bucket: nothing, value: nothing, video: nothing,
      clip_ids: names, videos: names, names, classes: names, low: null, high: null,
    }) // prettier-ignore
  }

  get count() {
    return this.points.count
  }

  get inside() {
    return this.state.reduce((sum, one) => sum + Number(one === STATE.in), 0)
  }

  /**
   * Take what the view says of each point; false where it is about other points.
   * @param {string} packed
   */
  take(packed) {
    const state = bytes(packed)
    if (state.length !== this.count) return false
    this.state = state
    return true
  }

  /**
   * A clip's point, or -1.
   * @param {string} clip_id
   */
  at(clip_id) {
    this.placeOf ??= new Map(this.clip_ids.map((id, n) => [id, n]))
    return this.placeOf.get(clip_id) ?? -1
  }

  /**
   * Where a point's clip is, in words: its id says when it begins.
   * @param {number} n
   */
  title(n) {
    const start_s = Number(/@(\d+)-\d+$/.exec(this.clip_ids[n])?.[1]) / 1000
    const name = this.videos[this.video[n]] ?? ""
    return Number.isNaN(start_s) ? name || this.clip_ids[n] : `${name}, ${timecode(start_s)}`
  }

  /**
   * What a point's colour stands for.
   * @param {number} n
   */
  valueText(n) {
    return this.names.length ? (this.names[this.value[n]] ?? "–") : short(this.value[n])
  }

  /**
   * The colours as rows: what each stands for, how many clips of the map have it, how many of them the view holds.
   * @returns {{ bucket: number, name: string, clips: number, inside: number }[]}
   */
  rows() {
    /** @type {Map<number, { bucket: number, name: string, clips: number, inside: number }>} */
    const rows = new Map()
    for (let n = 0; n < this.count; n++) {
      const bucket = this.bucket[n]
      const row = rows.get(bucket) ?? { bucket, name: this.bucketName(bucket), clips: 0, inside: 0 }
      row.clips += 1
      row.inside += Number(this.state[n] === STATE.in)
      rows.set(bucket, row)
    }
    const place = (/** @type {number} */ bucket) => (bucket < 0 ? Infinity : bucket)
    return [...rows.values()].sort((one, other) => place(one.bucket) - place(other.bucket))
  }

  /** @param {number} bucket */
  bucketName(bucket) {
    if (this.classes.length) return this.classes[bucket] ?? "others"
    if (bucket < 0 || this.low === null || this.high === null) return "not measured"
    const step = (this.high - this.low) / SHADES
    const [from, to] = [short(this.low + bucket * step), short(this.low + (bucket + 1) * step)]
    return bucket === 0 ? `below ${to}` : bucket === SHADES - 1 ? `${from} and more` : `${from} to ${to}`
  }
}

const SHADES = 9
