// @ts-check
import { element } from "../browser/element.js"
import { Footage, INTO_FRAME_S } from "../browser/footage.js"
import { isOurs, keyName } from "../browser/keys.js"
import { letters } from "../browser/letters.js"
import { mounted } from "../browser/mounted.js"
import { noteUnconfirmed, unconfirmed } from "../clips/wall_state.js"
import { decisionWord, History } from "./loupe/loupe_state.js"

/** @typedef {import("../clips/wall_state.js").Action} Action */
/** @typedef {import("./loupe/loupe_state.js").Clip} Clip */
/** @typedef {{ clip: Clip, node: HTMLElement, footage: Footage, keep: HTMLElement, drop: HTMLElement }} Seat */
/**
 * `shape`: the width over the height of the clip that is the tallest for its width.
 *
 * @typedef {{ clips: Clip[], shape: number, tags: string[], acknowledged: string[] }} CompareData
 */

/** Two to four clips side by side. All begin together, and again when the longest has ended. */
class Compare {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    const head = element("div", "head", root)
    this.button(head, "button back", "Library", () => this.leave()).title = "Back to the Library (Esc)"
    element("h1", "title", head, "Compare")
    element("span", "below hint", head, "1 to 4 choose · K keep · D drop · Space play or pause · Esc back")
    this.seatsNode = element("div", "seats", root)
    this.said = element("div", "said", root)
    this.said.setAttribute("role", "status")
    /** @type {Seat[]} */
    this.seats = []
    this.chosen = 0
    this.history = new History()
    /** @type {Action[]} */
    this.waiting = []
    this.playing = !window.matchMedia?.("(prefers-reduced-motion: reduce)").matches
    /** @type {import("../browser/mounted.js").Send} */
    this.setState = () => {}
    /** @type {import("../browser/mounted.js").Send} */
    this.trigger = () => {}
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event)
    document.addEventListener("keydown", this.onKey, true)
    this.frame = 0
    this.tick = () => {
      this.inStep()
      this.frame = requestAnimationFrame(this.tick)
    }
    this.tick()
  }

  /**
   * @param {Element} parent
   * @param {string} className
   * @param {string} text
   * @param {() => void} act
   */
  button(parent, className, text, act) {
    const node = element("button", className, parent, text)
    node.type = "button"
    node.onclick = (event) => {
      event.stopPropagation()
      act()
    }
    return node
  }

  /** @param {import("../browser/mounted.js").Mount<CompareData>} mount */
  update({ data, setStateValue, setTriggerValue }) {
    this.setState = setStateValue
    this.trigger = setTriggerValue
    this.waiting = unconfirmed(this.waiting, data.acknowledged)
    noteUnconfirmed(this.said, this.waiting)
    if (!this.waiting.length) this.history.confirmed()
    this.seatsNode.style.setProperty("--shape", String(data.shape))
    const ids = (/** @type {Clip[]} */ clips) => clips.map(({ card, src }) => card.id + src).join()
    if (ids(data.clips) !== ids(this.seats.map(({ clip }) => clip))) this.draw(data.clips)
    else this.seats.forEach((seat, n) => (seat.clip = data.clips[n]))
    this.mark()
  }

  /** @param {Clip[]} clips */
  draw(clips) {
    this.seatsNode.replaceChildren()
    this.seatsNode.dataset.count = String(clips.length)
    this.chosen = Math.min(this.chosen, clips.length - 1)
    this.seats = clips.map((clip, n) => {
      const node = element("div", "seat", this.seatsNode)
      node.setAttribute("role", "group")
      const stage = element("div", "stage", node)
      const player = element("div", "player shown ready", stage)
      if (clip.card.thumbnail) player.style.setProperty("--still", `url("${clip.card.thumbnail}")`)
      const video = element("video", "", player)
      Object.assign(video, { muted: true, playsInline: true, preload: "auto" })
      const footage = new Footage(video)
      if (clip.src) {
        footage.load(clip)
        footage.seek(clip.start_s + INTO_FRAME_S)
      } else element("div", "problem", stage, "A browser can't play this clip yet.")
      stage.onclick = () => this.choose(n)
      const line = element("div", "seat-line", node)
      element("kbd", "", line, String(n + 1)).setAttribute("aria-hidden", "true")
      const name = element("span", "name", line, clip.card.title)
      name.title = clip.card.hint
      element("span", "below", line, [clip.card.length, clip.card.number].filter(Boolean).join(" · "))
      const keep = this.button(line, "button decision keep", "Keep", () => this.decide(n, "keep"))
      const drop = this.button(line, "button decision drop", "Drop", () => this.decide(n, "drop"))
      this.button(line, "button", "Open", () => this.trigger("open", clip.card.id))
      return { clip, node, footage, keep, drop }
    })
  }

  mark() {
    this.seats.forEach(({ clip, node, keep, drop }, n) => {
      const decision = this.history.decision(clip.card)
      node.classList.toggle("chosen", n === this.chosen)
      node.classList.toggle("dropped", decision === "drop")
      node.setAttribute("aria-label", `Clip ${n + 1}, ${clip.card.title}, ${decisionWord(decision)}`)
      node.setAttribute("aria-current", String(n === this.chosen))
      keep.setAttribute("aria-pressed", String(decision === "keep"))
      drop.setAttribute("aria-pressed", String(decision === "drop"))
    })
  }

  /** @param {number} n */
  choose(n) {
    if (!this.seats[n]) return
    this.chosen = n
    this.mark()
    const { card } = this.seats[n].clip
    this.said.textContent = `Clip ${n + 1} of ${this.seats.length}, ${decisionWord(this.history.decision(card))}`
  }

  /** @param {Omit<Action, "id">} action */
  act(action) {
    this.waiting.push({ id: letters(16), ...action })
    noteUnconfirmed(this.said, this.waiting)
    this.setState("log", this.waiting)
  }

  /**
   * @param {number} n
   * @param {"keep" | "drop"} wanted
   */
  decide(n, wanted) {
    const { card } = this.seats[n].clip
    const decision = this.history.decide(card, wanted)
    this.act({ clip_id: card.id, decision })
    this.choose(n)
  }

  undo() {
    this.act({ undo: true })
    const id = this.history.undo()
    const n = this.seats.findIndex(({ clip }) => clip.card.id === id)
    this.choose(n < 0 ? this.chosen : n)
  }

  /** Hold each clip at its end until all have ended, then begin together. */
  inStep() {
    const playable = this.seats.filter(({ clip }) => clip.src)
    if (!playable.length) return
    const over = (/** @type {Seat} */ { clip, footage }) =>
      footage.video.ended || footage.now >= clip.end_s - 0.5 / clip.fps
    if (playable.some(({ footage }) => footage.video.readyState < 2 && !footage.video.error)) return
    if (!this.playing) return
    if (playable.every((seat) => over(seat) || seat.footage.video.error)) {
      for (const { clip, footage } of playable) footage.seek(clip.start_s + INTO_FRAME_S)
      return
    }
    for (const seat of playable) {
      const { video } = seat.footage
      if (over(seat)) video.pause()
      else if (video.paused) video.play().catch(() => {})
    }
  }

  toggle() {
    this.playing = !this.playing
    if (!this.playing) for (const { footage } of this.seats) footage.video.pause()
  }

  /**
   * All clips by so many frames.
   * @param {number} frames
   */
  step(frames) {
    this.playing = false
    for (const { clip, footage } of this.seats) {
      footage.video.pause()
      const t = footage.now + frames / clip.fps
      footage.seek(Math.max(clip.start_s + INTO_FRAME_S, Math.min(clip.end_s - 0.5 / clip.fps, t)))
    }
  }

  leave() {
    this.trigger("left", Date.now())
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!isOurs(event, this.root, { withControl: true })) return
    const name = keyName(event)
    if ((event.ctrlKey || event.metaKey) && name !== "z") return
    const { length } = this.seats
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => this.choose((this.chosen + length - 1) % length),
      ArrowRight: () => this.choose((this.chosen + 1) % length),
      ",": () => this.step(-1),
      ".": () => this.step(1),
      k: () => this.decide(this.chosen, "keep"),
      d: () => this.decide(this.chosen, "drop"),
      z: () => this.undo(),
      Escape: () => this.leave(),
    }
    if (!(event.composedPath()[0] instanceof HTMLButtonElement)) {
      actions[" "] = () => this.toggle()
      actions.Enter = () => this.trigger("open", this.seats[this.chosen].clip.card.id)
    }
    const action = actions[name] ?? (/^[1-4]$/.test(name) ? () => this.choose(Number(name) - 1) : undefined)
    if (!action || (event.repeat && !/^Arrow|[,.]/.test(name))) return
    event.preventDefault()
    action()
  }

  end() {
    cancelAnimationFrame(this.frame)
    document.removeEventListener("keydown", this.onKey, true)
    for (const { footage } of this.seats) footage.video.removeAttribute("src")
  }
}

/** @type {(mount: import("../browser/mounted.js").Mount<CompareData>) => () => void} */
export default mounted(".compare", (root) => new Compare(root))
