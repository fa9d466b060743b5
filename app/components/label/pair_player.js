// @ts-check
// Two clips side by side: each on its own half-open window, started together, kept in step, looped together.
import { element } from "../browser/element.js"
import { Footage, INTO_FRAME_S } from "../browser/footage.js"
import { Backdrop } from "./backdrop.js"
import { catchUp, hasEnded, jumpTo_s, lapsWithin, lookAhead_s } from "./laps.js"

/** @typedef {import("./pair_queue.js").Pair} Pair */
/** @typedef {import("./pair_queue.js").PlayedClip} PlayedClip */

const LATE_MS = 250 // a clip that takes longer than this to come says so

/** One clip in one <video>. `box` stays in its place; the clips of the pairs to come lie in it too, unseen. */
class ClipPlayer {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box
    this.backdrop = new Backdrop(box)
    this.video = element("video", "clip", box)
    Object.assign(this.video, {
      ...{ muted: true, playsInline: true, preload: "auto" },
      ...{ disablePictureInPicture: true, tabIndex: -1 },
    })
    this.video.setAttribute("aria-hidden", "true")
    this.footage = new Footage(this.video)
    /** @type {PlayedClip | null} */
    this.clip = null
    this.failed = false
    this.lap = 0
    this.laps = 1
    this.length_s = 0
    this.from_s = 0
    /** @type {"held" | "coming" | "playing"} */
    this.state = "held"
    /** @type {(() => void)[]} */
    this.waiters = []
    this.video.onerror = () => {
      this.failed = this.video.hasAttribute("src")
      this.settle()
    }
    this.video.addEventListener("loadeddata", () => this.backdrop.loaded(this.video))
    for (const name of ["seeked", "loadeddata", "canplay"]) this.video.addEventListener(name, () => this.settle())
  }

  /** @param {PlayedClip} clip */
  load(clip) {
    this.clip = clip
    this.failed = false
    this.lap = 0
    this.laps = 1
    this.state = "held"
    this.length_s = Math.max(clip.end_s - clip.start_s, 0.001)
    this.from_s = clip.start_s + INTO_FRAME_S
    this.video.poster = clip.poster ?? ""
    this.video.style.setProperty("--clip", String(clip.shape))
    this.backdrop.load(clip.poster)
    this.footage.load(clip, { from_s: this.from_s, to_s: clip.end_s })
  }

  unload() {
    this.clip = null
    this.backdrop.load(null)
    this.video.removeAttribute("src")
    this.video.removeAttribute("poster")
    this.video.load()
    this.settle()
  }

  get ready() {
    return this.failed || !this.clip || (this.video.readyState >= 2 && !this.video.seeking)
  }

  /** Call those who wait until there is a picture at the place asked for. */
  settle() {
    if (this.ready) this.waiters.splice(0).forEach((call) => call())
  }

  /**
   * Resolves once the first frame of the window is there to be seen.
   * @returns {Promise<void>}
   */
  rewind() {
    const away = Math.abs(this.footage.now - this.from_s) > 0.002
    if (away && this.video.readyState >= 1 && !this.failed) this.footage.seek(this.from_s)
    return this.ready ? Promise.resolve() : new Promise((call) => this.waiters.push(call))
  }

  play() {
    this.state = "playing"
    if (!this.failed) this.video.play().catch(() => {}) // a pause that comes at once is no error
  }

  hold() {
    this.state = "held"
    this.video.pause()
  }

  /** @param {number} ahead_s */
  atEnd(ahead_s) {
    const { ended, paused } = this.video
    return this.failed || !this.clip || hasEnded({ now_s: this.footage.now, paused, ended }, this.clip, ahead_s)
  }

  /** Seconds into the window. */
  get into_s() {
    return Math.max(this.footage.now - (this.clip?.start_s ?? 0), 0)
  }

  /** The same, over all laps. */
  get elapsed_s() {
    return this.lap * this.length_s + Math.min(this.into_s, this.length_s)
  }
}

/** A pair: plays when it is the one in view, waits at its first frames before that. */
export class PairPlayer {
  /** @param {HTMLElement[]} boxes of the left and the right clip */
  constructor(boxes) {
    this.sides = boxes.map((box) => new ClipPlayer(box))
    /** @type {Pair | null} */
    this.pair = null
    this.running = false
    this.run = 0 // changes with every start: what an earlier start waited for is then of no interest
    /** @type {number | null} */
    this.tickedAt = null
    this.hide()
  }

  /** @param {Pair} pair */
  load(pair) {
    this.pair = pair
    this.running = false
    this.run += 1
    this.sides[0].load(pair.left)
    this.sides[1].load(pair.right)
    const longest_s = Math.max(...this.sides.map((side) => side.length_s))
    for (const side of this.sides) side.laps = lapsWithin(side.length_s, longest_s)
    this.sides.forEach((side) => side.rewind())
  }

  unload() {
    this.pair = null
    this.running = false
    this.run += 1
    this.hide()
    this.sides.forEach((side) => side.unload())
  }

  show() {
    for (const side of this.sides) side.video.classList.add("shown")
    for (const side of this.sides) side.backdrop.show(true)
  }

  hide() {
    for (const side of this.sides) side.video.classList.remove("shown")
    for (const side of this.sides) side.backdrop.show(false)
  }

  /** @param {number} rate */
  setRate(rate) {
    for (const side of this.sides) side.video.playbackRate = rate
  }

  get failed() {
    return this.sides.some((side) => side.failed)
  }

  /**
   * Play from the first frames of both windows, both at once.
   * @param {number} rate
   */
  async start(rate) {
    const run = ++this.run
    this.running = true
    const late = setTimeout(() => this.sides.forEach((side) => side.box.classList.toggle("late", !side.ready)), LATE_MS)
    for (const side of this.sides) Object.assign(side, { lap: 0, state: "coming" })
    this.sides.forEach((side) => side.video.pause())
    await Promise.all(this.sides.map((side) => side.rewind()))
    clearTimeout(late)
    if (run !== this.run) return
    for (const side of this.sides) {
      side.box.classList.remove("late")
      side.box.classList.toggle("failed", side.failed)
    }
    this.setRate(rate)
    if (this.running) this.sides.forEach((side) => side.play())
  }

  pause() {
    this.running = false
    this.sides.forEach((side) => side.video.pause())
  }

  /** @param {number} rate */
  resume(rate) {
    if (this.sides.some((side) => side.state === "coming")) this.start(rate)
    else {
      this.running = true
      for (const side of this.sides) if (side.state === "playing") side.play()
    }
  }

  /**
   * To be called with every frame of the screen.
   * @param {number} rate
   */
  tick(rate) {
    if (!this.running || this.sides.every((side) => side.failed)) return
    const now = performance.now()
    const since_s = (now - (this.tickedAt ?? now)) / 1000
    this.tickedAt = now
    if (this.sides.some((side) => side.state === "coming" && !side.lap)) return
    const ahead_s = lookAhead_s(since_s, rate)
    for (const side of this.sides) if (side.state === "playing" && side.atEnd(ahead_s)) this.turn(side)
    if (this.sides.every((side) => side.state === "held")) this.start(rate)
    else this.bringTogether(rate)
  }

  /**
   * A clip that came to its end: another lap, or its part is done.
   * @param {ClipPlayer} side
   */
  turn(side) {
    side.hold()
    side.lap += 1
    if (side.lap >= side.laps) return
    side.state = "coming"
    const run = this.run
    side.rewind().then(() => {
      if (run !== this.run) return
      side.state = "playing"
      if (this.running) side.play()
    })
  }

  /** @param {number} rate */
  bringTogether(rate) {
    const [first, second] = this.sides
    if (first.state !== "playing" || second.state !== "playing" || this.failed) return
    const [lead, other] = first.length_s >= second.length_s ? [first, second] : [second, first]
    const apart_s = other.elapsed_s - lead.elapsed_s
    const place_s = jumpTo_s(lead.elapsed_s, other)
    if (place_s !== null && other.clip) other.footage.seek(other.clip.start_s + place_s)
    const rates = new Map([
      [lead, rate],
      [other, rate * catchUp(apart_s)],
    ])
    for (const [side, wanted] of rates) if (side.video.playbackRate !== wanted) side.video.playbackRate = wanted
  }
}
