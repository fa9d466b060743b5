// Two clips side by side: each on its own half-open window, started together, kept in step, looped together.

// A check comes with the screen's frames: what would be reached before the next one counts as reached. A busy machine
// draws fewer of them.
const AHEAD_S = { least: 0.02, most: 0.1 }
const NUDGE_S = 0.008 // two clips further apart than this are brought together by their speed
const JUMP_S = 0.5 // and further apart than this, by a seek
const LATE_MS = 250 // a clip that takes longer than this to come says so

// One clip in one <video>. `box` stays in its place; the clips of the pairs to come lie in it too, unseen.
class ClipPlayer {
  constructor(box) {
    this.box = box
    this.video = element("video", "clip", box)
    Object.assign(this.video, { muted: true, playsInline: true, preload: "auto", disablePictureInPicture: true, tabIndex: -1 })
    this.video.setAttribute("aria-hidden", "true")
    this.footage = new Footage(this.video)
    this.video.onerror = () => { this.failed = this.video.hasAttribute("src"); this.settle() }
    for (const name of ["seeked", "loadeddata", "canplay"]) this.video.addEventListener(name, () => this.settle())
    this.waiters = []
  }

  load(clip) {
    Object.assign(this, { clip, failed: false, lap: 0, laps: 1, state: "held" })
    this.length_s = Math.max(clip.end_s - clip.start_s, 0.001)
    // Times are stored to the millisecond: a little later, the frame that begins there has begun.
    this.from_s = clip.start_s + 0.001
    this.video.poster = clip.poster ?? ""
    this.footage.load(clip, { from_s: this.from_s, to_s: clip.end_s })
  }

  unload() {
    this.clip = null
    this.video.removeAttribute("src")
    this.video.removeAttribute("poster")
    this.video.load()
    this.settle()
  }

  get ready() {
    return this.failed || !this.clip || (this.video.readyState >= 2 && !this.video.seeking)
  }

  // Calls those who wait until there is a picture at the place asked for.
  settle() {
    if (this.ready) this.waiters.splice(0).forEach((call) => call())
  }

  // Resolves once the first frame of the window is there to be seen.
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

  atEnd(ahead_s) {
    const { ended, paused } = this.video
    const { now } = this.footage
    const stopped = paused && now >= this.clip.end_s - 1.5 / this.clip.fps // by the fragment of its address
    return this.failed || ended || stopped || now + ahead_s >= this.clip.end_s
  }

  // Seconds into the window.
  get into_s() {
    return Math.max(this.footage.now - this.clip.start_s, 0)
  }

  // The same, over all laps.
  get elapsed_s() {
    return this.lap * this.length_s + Math.min(this.into_s, this.length_s)
  }
}

// A pair: plays when it is the one in view, waits at its first frames before that.
class PairPlayer {
  constructor(boxes) {
    this.sides = boxes.map((box) => new ClipPlayer(box))
    this.run = 0 // changes with every start: what an earlier start waited for is then of no interest
    this.hide()
  }

  load(pair) {
    this.pair = pair
    this.running = false
    this.run += 1
    this.sides[0].load(pair.left)
    this.sides[1].load(pair.right)
    // The shorter clip plays as often as it fits into the longer one, then waits for it.
    const longest_s = Math.max(...this.sides.map((side) => side.length_s))
    for (const side of this.sides) side.laps = Math.max(1, Math.floor(longest_s / side.length_s + 0.05))
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
  }

  hide() {
    for (const side of this.sides) side.video.classList.remove("shown")
  }

  get ready() {
    return this.sides.every((side) => side.ready)
  }

  get failed() {
    return this.sides.some((side) => side.failed)
  }

  // From the first frames of both windows, both at once.
  async start(rate) {
    const run = ++this.run
    this.running = true
    const late = setTimeout(() => this.sides.forEach((side) => side.box.classList.toggle("late", !side.ready)), LATE_MS)
    for (const side of this.sides) Object.assign(side, { lap: 0, state: "coming" })
    this.sides.forEach((side) => side.video.pause())
    await Promise.all(this.sides.map((side) => side.rewind()))
    clearTimeout(late)
    if (run !== this.run) return false
    for (const side of this.sides) {
      side.box.classList.remove("late")
      side.box.classList.toggle("failed", side.failed)
      side.video.playbackRate = rate
    }
    if (this.running) this.sides.forEach((side) => side.play())
    return true
  }

  pause() {
    this.running = false
    this.sides.forEach((side) => side.video.pause())
  }

  resume(rate) {
    if (this.sides.some((side) => side.state === "coming")) this.start(rate)
    else {
      this.running = true
      for (const side of this.sides) if (side.state === "playing") side.play()
    }
  }

  // To be called with every frame of the screen.
  tick(rate) {
    if (!this.running || this.sides.every((side) => side.failed)) return
    const now = performance.now()
    const since_s = (now - (this.tickedAt ?? now)) / 1000
    this.tickedAt = now
    if (this.sides.some((side) => side.state === "coming" && !side.lap)) return
    const ahead_s = rate * Math.min(Math.max(1.2 * since_s, AHEAD_S.least), AHEAD_S.most)
    for (const side of this.sides) if (side.state === "playing" && side.atEnd(ahead_s)) this.turn(side)
    if (this.sides.every((side) => side.state === "held")) this.start(rate)
    else this.bringTogether(rate)
  }

  // A clip that came to its end: another lap, or its part is done.
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

  bringTogether(rate) {
    const [first, second] = this.sides
    if (first.state !== "playing" || second.state !== "playing" || this.failed) return
    const [lead, other] = first.length_s >= second.length_s ? [first, second] : [second, first]
    const apart_s = other.elapsed_s - lead.elapsed_s
    if (Math.abs(apart_s) > JUMP_S) {
      const place_s = lead.elapsed_s - other.lap * other.length_s
      if (place_s > 0 && place_s < other.length_s - 0.1) other.footage.seek(other.clip.start_s + place_s)
    }
    const nudge = Math.abs(apart_s) > NUDGE_S ? 1 - Math.max(-0.2, Math.min(0.2, apart_s * 4)) : 1
    if (other.video.playbackRate !== rate * nudge) other.video.playbackRate = rate * nudge
    if (lead.video.playbackRate !== rate) lead.video.playbackRate = rate
  }
}
