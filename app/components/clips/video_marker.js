// @ts-check
import { element, keyLegend } from "../browser/element.js"
import { Footage, INTO_FRAME_S } from "../browser/footage.js"
import { isOurs, keyName } from "../browser/keys.js"
import { mounted } from "../browser/mounted.js"
import { clamp, timecode } from "../browser/numbers.js"
import { drawHands } from "./hands.js"
import { frameStart, lanes, markFault, percent, shownPart } from "./timeline.js"

/** @typedef {{ clip_id: string, start_s: number, end_s: number, narration?: string, origin?: string }} Clip */

/**
 * @typedef {object} MarkerData
 * @property {string} src
 * @property {number} zero_s
 * @property {number} duration_s
 * @property {number} fps
 * @property {Clip[]} clips
 * @property {import("./hands.js").Track[]} tracks
 * @property {Clip | null} window the clip that is looped, and whose window the marks change
 */

const MOST_LANES = 8

/** A player with its clips on a timeline, where a person marks in and out. */
class Marker {
  /**
   * @param {HTMLElement} root
   * @param {MarkerData} data
   */
  constructor(root, data) {
    this.root = root
    this.data = data
    /** @type {import("../browser/mounted.js").Send} */
    this.send = () => {}
    /** @type {number | null} */
    this.inS = null
    /** @type {number | null} */
    this.outS = null
    /** @type {Clip | null} */
    this.loop = null
    this.identity = ""
    this.clipStamp = ""
    this.part = shownPart(data.window, data.duration_s)
    const stage = element("div", "stage", root)
    this.video = element("video", "video", stage)
    this.overlay = element("canvas", "overlay", stage)
    Object.assign(this.video, { muted: true, playsInline: true, preload: "auto" })
    this.footage = new Footage(this.video)
    const bar = element("div", "bar", root)
    this.playButton = element("button", "button", bar, "Play")
    this.time = element("span", "time", bar)
    this.inButton = element("button", "button", bar)
    this.outButton = element("button", "button", bar)
    this.addButton = element("button", "button primary", bar, "Add clip")
    this.splitButton = element("button", "button", bar, "Split here")
    this.said = element("span", "said", bar)
    this.said.setAttribute("role", "status")
    this.track = element("div", "track", root)
    this.track.tabIndex = 0
    this.track.setAttribute("role", "slider")
    this.track.setAttribute("aria-label", "Place in the video")
    this.legend = element("div", "legend", root)
    this.marks = element("div", "marks", this.track)
    this.clipLayer = element("div", "clips", this.track)
    this.head = element("div", "head", this.track)
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event)
    this.listen()
    this.frame = 0
    this.tick = () => {
      this.draw()
      this.frame = requestAnimationFrame(this.tick)
    }
  }

  listen() {
    this.playButton.onclick = () => this.toggle()
    this.inButton.onclick = () => this.mark("in")
    this.outButton.onclick = () => this.mark("out")
    this.addButton.onclick = () => this.add()
    this.splitButton.onclick = () => this.split()
    this.track.onpointerdown = (event) => {
      if (event.target instanceof HTMLElement && event.target.dataset.clip) return
      this.loop = null
      this.track.setPointerCapture(event.pointerId)
      this.seekToPointer(event)
      this.track.onpointermove = (move) => this.seekToPointer(move)
    }
    this.track.onpointerup = () => {
      this.track.onpointermove = null
    }
    document.addEventListener("keydown", this.onKey)
  }

  /** @param {import("../browser/mounted.js").Mount<MarkerData>} mount */
  update({ data, setTriggerValue }) {
    this.data = data
    this.send = setTriggerValue
    const identity = `${data.src} ${data.zero_s} ${data.window?.clip_id ?? ""}`
    if (this.identity !== identity) {
      this.identity = identity
      this.begin()
    }
    const stamp = JSON.stringify([data.clips, data.window])
    if (stamp !== this.clipStamp) this.drawClips()
    this.clipStamp = stamp
    if (!this.frame) this.tick()
  }

  drawClips() {
    const { clips, window: own } = this.data
    this.clipLayer.replaceChildren()
    const places = lanes(clips)
    const count = Math.max(1, ...places.map((lane) => lane + 1))
    this.track.style.setProperty("--lanes", String(Math.min(count, MOST_LANES)))
    clips.forEach((clip, n) => {
      if (clip.end_s <= this.part.start_s || clip.start_s >= this.part.end_s) return
      const node = element("button", "clip", this.clipLayer)
      node.dataset.clip = clip.clip_id
      node.style.left = `${percent(clip.start_s, this.part)}%`
      node.style.width = `${percent(clip.end_s, this.part) - percent(clip.start_s, this.part)}%`
      node.classList.toggle("own", clip.clip_id === own?.clip_id)
      node.style.top = `calc(${places[n] % MOST_LANES} * var(--lane))`
      node.title = `${clip.narration || clip.origin}  ${timecode(clip.start_s)} – ${timecode(clip.end_s)}`
      node.setAttribute("aria-label", node.title)
      node.onclick = () => {
        this.loop = clip
        this.footage.seek(clip.start_s + INTO_FRAME_S)
        this.play()
      }
    })
  }

  /** Another video, or another clip of it. One clip is looped. */
  begin() {
    const { src, window: own, duration_s } = this.data
    if (this.video.getAttribute("src") !== src) this.footage.load(this.data)
    this.backToWindow()
    this.said.textContent = ""
    this.part = shownPart(own, duration_s)
    this.splitButton.hidden = !own
    this.addButton.textContent = own ? "Save window" : "Add clip"
    this.legend.replaceChildren()
    keyLegend(this.legend, [
      ["Space", "play or pause"],
      ["← →", "one frame"],
      ["⇧ ← →", "one second"],
      ["I", "mark in"],
      ["O", "mark out"],
      ["Enter", own ? "save the window" : "add the clip"],
      ...(own ? [["S", "split here"]] : []),
      ["Esc", own ? "back to the window" : "clear the marks"],
    ])
    this.footage.seek(own ? own.start_s + INTO_FRAME_S : 0)
    if (own) this.play()
  }

  /** The marks as they were at first: around the clip that is looped, or none. */
  backToWindow() {
    const own = this.data.window
    this.inS = own ? own.start_s : null
    this.outS = own ? own.end_s : null
    this.loop = own ?? null
  }

  play() {
    this.video.play().catch(() => {}) // a pause that comes at once is no error
  }

  toggle() {
    if (this.video.paused) this.play()
    else this.video.pause()
  }

  /** @param {number} t */
  seek(t) {
    const last = Math.max(0, this.data.duration_s - 0.5 / this.data.fps)
    this.footage.seek(clamp(t, 0, last))
  }

  /** @param {number} seconds */
  step(seconds) {
    this.video.pause()
    this.seek(this.footage.now + seconds)
  }

  /** @param {PointerEvent} event */
  seekToPointer(event) {
    const box = this.track.getBoundingClientRect()
    const { start_s, end_s } = this.part
    this.seek(start_s + ((event.clientX - box.left) / box.width) * (end_s - start_s))
  }

  /**
   * The place is the start of the frame in view; an out mark lies after it, since windows are half-open.
   * @param {"in" | "out"} which
   */
  mark(which) {
    const start = frameStart(this.footage.now, this.data.fps)
    if (which === "in") this.inS = start
    else this.outS = Math.min(this.data.duration_s, start + 1 / this.data.fps)
    this.said.textContent = ""
  }

  add() {
    const { inS: start_s, outS: end_s } = this
    const fault = markFault(start_s, end_s)
    if (fault || start_s === null || end_s === null) {
      this.said.textContent = fault
      return
    }
    this.send("marked", { start_s, end_s, nonce: Date.now() })
    this.said.textContent = `${this.data.window ? "Saved" : "Added"} ${timecode(start_s)} – ${timecode(end_s)}.`
    if (!this.data.window) this.inS = this.outS = null
  }

  split() {
    const own = this.data.window
    const at_s = frameStart(this.footage.now, this.data.fps)
    if (!own) return
    if (at_s <= own.start_s || at_s >= own.end_s) this.said.textContent = "Go to a place inside the clip first."
    else this.send("split", { at_s, nonce: Date.now() })
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!isOurs(event, this.root)) return
    const onButton = event.composedPath()[0] instanceof HTMLButtonElement
    const step_s = event.shiftKey ? 1 : 1 / this.data.fps
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => this.step(-step_s),
      ArrowRight: () => this.step(step_s),
      i: () => this.mark("in"),
      o: () => this.mark("out"),
      s: () => this.split(),
      Escape: () => this.backToWindow(),
    }
    if (!onButton) Object.assign(actions, { " ": () => this.toggle(), Enter: () => this.add() })
    const action = actions[keyName(event)]
    if (!action) return
    if (event.repeat && !event.key.startsWith("Arrow")) return
    event.preventDefault()
    action()
  }

  draw() {
    const { duration_s, tracks } = this.data
    if (!duration_s) return
    const { now } = this.footage
    drawHands(this.overlay, this.video, tracks ?? [], now)
    if (this.loop && !this.video.paused && (now >= this.loop.end_s || now < this.loop.start_s - 0.5)) {
      this.footage.seek(this.loop.start_s + INTO_FRAME_S)
    }
    this.head.style.left = `${clamp(percent(now, this.part), 0, 100)}%`
    this.track.setAttribute("aria-valuetext", timecode(now))
    this.time.textContent = `${timecode(now)} / ${timecode(duration_s)}`
    this.playButton.textContent = this.video.paused ? "Play" : "Pause"
    this.inButton.textContent = this.inS === null ? "Mark in" : `In ${timecode(this.inS)}`
    this.outButton.textContent = this.outS === null ? "Mark out" : `Out ${timecode(this.outS)}`
    this.drawMarks()
  }

  drawMarks() {
    const from = this.inS ?? this.outS
    const to = this.outS ?? this.inS
    this.marks.hidden = from === null
    if (from === null || to === null) return
    const [left, right] = [from, to].map((t) => percent(t, this.part)).sort((a, b) => a - b)
    this.marks.style.left = `${left}%`
    this.marks.style.width = `${right - left}%`
  }

  end() {
    cancelAnimationFrame(this.frame)
    document.removeEventListener("keydown", this.onKey)
    this.video.removeAttribute("src")
    this.video.load()
  }
}

/** @type {(mount: import("../browser/mounted.js").Mount<MarkerData>) => () => void} */
export default mounted(".marker", (root, data) => new Marker(root, data))
