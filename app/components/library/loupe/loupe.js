// @ts-check
import { element, keyLegend } from "../../browser/element.js"
import { isOurs, keyName } from "../../browser/keys.js"
import { letters } from "../../browser/letters.js"
import { mounted } from "../../browser/mounted.js"
import { drawHands } from "../../clips/hands.js"
import { tagLine } from "../../clips/tag_line.js"
import { noteUnconfirmed, unconfirmed } from "../../clips/wall_state.js"
import { recallWall, rememberWall } from "../wall/wall_memory.js"
import { Bar } from "./loupe_bar.js"
import { Head } from "./loupe_head.js"
import { Players } from "./loupe_players.js"
import { addressOf, counted, decisionWord, endsSoon, History, indexOf, shownNow, walked } from "./loupe_state.js"
import { Strip } from "./loupe_strip.js"

/** @typedef {import("../../clips/wall_state.js").Action} Action */
/** @typedef {import("./loupe_state.js").Clip} Clip */

/**
 * @typedef {object} LoupeData
 * @property {string} clip_id
 * @property {Clip[]} clips the clip and its neighbours
 * @property {number} place the clip's, in the view
 * @property {number} total
 * @property {boolean} in_view false where the neighbours are the whole library's
 * @property {string} address the view's
 * @property {string[]} tags
 * @property {import("../../clips/hands.js").Track[]} tracks
 * @property {string[]} acknowledged ids of actions that the app has done
 */

const KEYS = [
  ["← →", "previous, next"],
  ["Space", "play or pause"],
  [", .", "one frame"],
  ["K", "keep"],
  ["D", "drop"],
  ["T", "tag"],
  ["Z", "undo"],
  ["F", "full screen"],
  ["E", "edit the window"],
  ["Esc", "back to the Library"],
]
/** The app is told where somebody is when they have stayed for so long: a held arrow runs through many clips. */
const TELL_AFTER_MS = 160
const MOST_TOLD = 20
const TELL_AGAIN_AFTER_MS = 3000
const ASK_AGAIN_AFTER_MS = 1000
const ON_THEIR_WAY = "More clips are on their way"

/** One clip large, between its neighbours. All that a key does happens here first; the app hears of it afterwards. */
class Loupe {
  /**
   * @param {HTMLElement} root
   * @param {LoupeData} data
   */
  constructor(root, data) {
    this.root = root
    this.data = data
    this.clips = data.clips
    this.first = 0
    this.id = ""
    /** Steps that were asked for beyond the clips that are known. */
    this.ahead = 0
    this.history = new History()
    /** @type {Action[]} */
    this.waiting = []
    /** @type {string[]} */
    this.told = []
    /** @type {import("../../browser/mounted.js").Send} */
    this.setState = () => {}
    /** @type {import("../../browser/mounted.js").Send} */
    this.trigger = () => {}
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined
    this.top = new Head(root, { leave: () => this.leave(), step: (by) => this.step(by) })
    this.stage = element("div", "stage", root)
    this.problem = element("div", "problem", this.stage)
    this.players = new Players(this.stage, (problem) => this.complain(problem))
    this.overlay = element("canvas", "overlay", this.stage)
    this.stage.onclick = (event) => {
      if (!(event.target instanceof Element && event.target.closest(".tagline"))) this.players.toggle()
    }
    this.bar = new Bar(root, {
      toggle: () => this.players.toggle(),
      seek: (share) => this.players.seekShare(share),
      decide: (decision) => this.decide(decision),
      tag: () => this.tag(),
      undo: () => this.undo(),
      edit: () => this.edit(),
      help: () => this.help(),
    })
    this.strip = new Strip(root, (id) => this.go(id))
    this.legend = element("div", "legend", root)
    this.legend.hidden = true
    keyLegend(this.legend, KEYS)
    this.said = element("div", "said", root)
    this.said.setAttribute("role", "status")
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event)
    // On its way down, before other players on the page.
    document.addEventListener("keydown", this.onKey, true)
    this.frame = 0
    this.tick = () => {
      this.bar.tick(this.players.loop(), this.players.playing)
      this.drawTracks()
      this.frame = requestAnimationFrame(this.tick)
    }
    this.tick()
  }

  /** @param {import("../../browser/mounted.js").Mount<LoupeData>} mount */
  update({ data, setStateValue, setTriggerValue }) {
    this.setState = setStateValue
    this.trigger = setTriggerValue
    this.waiting = unconfirmed(this.waiting, data.acknowledged)
    noteUnconfirmed(this.said, this.waiting)
    if (!this.waiting.length) this.history.confirmed()
    const shown = shownNow(data.clips, data.clip_id, this.id, this.told)
    // Another run, of a key that was pressed before, may still be for a clip that was left: it opens nothing anew.
    const answered = this.told.lastIndexOf(data.clip_id)
    this.told = [data.clip_id, ...(answered < 0 ? [] : this.told.slice(answered + 1))]
    const ids = (/** @type {Clip[]} */ clips) => clips.map(({ card, src }) => card.id + src).join()
    const others = !this.id || ids(data.clips) !== ids(this.clips)
    this.data = data
    this.clips = data.clips
    this.first = data.place - Math.max(0, indexOf(data.clips, data.clip_id))
    if (others) this.strip.draw(this.clips, this.first)
    if (shown !== this.id) this.ahead = 0
    this.id = shown
    this.show()
    this.catchUp()
  }

  get index() {
    return indexOf(this.clips, this.id)
  }

  get clip() {
    return this.clips[this.index]
  }

  /** Draw the clip in view: its picture, words and neighbours. */
  show() {
    const { card } = this.clip
    this.players.show(this.clips, this.index)
    const place = this.first + this.index
    this.top.draw(card, counted(place, this.data.total), {
      isFirst: place === 0,
      isLast: place >= this.data.total - 1,
      hint: this.data.in_view ? "" : "This clip is not in the Library's view: its neighbours are all clips",
    })
    this.mark()
  }

  mark() {
    const decision = this.history.decision(this.clip.card)
    this.bar.mark(decision)
    this.top.mark(decision)
    this.strip.mark(this.clips, this.id, ({ card }) => this.history.decision(card))
  }

  /** @param {string} problem */
  complain(problem) {
    this.problem.textContent = problem
    this.problem.hidden = !problem
  }

  /** @param {number} by */
  step(by) {
    if (this.ahead * by < 0) this.ahead = 0
    const clip = this.clips[this.index + by]
    const place = this.first + this.index + by
    if (clip) this.go(clip.card.id)
    else if (place < 0 || place >= this.data.total) this.say(by > 0 ? "Last clip" : "First clip")
    else this.waitFor(by)
  }

  /**
   * A clip whose data are on their way: the step is taken when they are here.
   * @param {number} by
   */
  waitFor(by) {
    this.ahead += by
    this.say(ON_THEIR_WAY)
    if (this.told.length < 2) this.tell()
    this.askAgain()
  }

  /** The app's run may have been ended before it could answer. */
  askAgain() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      if (!this.ahead) return
      this.tell()
      this.askAgain()
    }, ASK_AGAIN_AFTER_MS)
  }

  /** Take the steps for which clips were missing. */
  catchUp() {
    const { index, left } = walked(this.index, this.ahead, this.clips.length, this.first, this.data.total)
    if (index !== this.index) this.go(this.clips[index].card.id)
    this.ahead = left
  }

  /**
   * Show another of the known clips at once, and tell the app when somebody stays.
   * @param {string} id
   */
  go(id) {
    this.ahead = 0
    if (id === this.id || indexOf(this.clips, id) < 0) return
    this.id = id
    this.show()
    this.say(this.where)
    clearTimeout(this.timer)
    const soon = endsSoon(this.index, this.clips.length, this.first, this.data.total)
    if (soon && this.told.length < 2) this.tell()
    else this.timer = setTimeout(() => this.tell(), TELL_AFTER_MS)
  }

  /**
   * The address follows without a step of the browser's history for every clip: Back leaves the loupe. The run that was
   * to hear of it may be ended by what is sent next, and the page would go on about another clip: it is said again, later
   * each time, because each message ends the run before it.
   */
  tell(againAfterMs = TELL_AGAIN_AFTER_MS) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      if (this.data.clip_id !== this.id) this.tell(2 * againAfterMs)
    }, againAfterMs)
    this.told = [...this.told, this.id].slice(-MOST_TOLD)
    history.replaceState(history.state, "", location.pathname + addressOf(location.search, this.id))
    this.trigger("at", this.id)
  }

  /** Where somebody is, and what was decided there: 12 of 68, kept. */
  get where() {
    const place = counted(this.first + this.index, this.data.total)
    return `${place}, ${decisionWord(this.history.decision(this.clip.card))}`
  }

  /** @param {string} text */
  say(text) {
    this.said.textContent = text
  }

  /** @param {Omit<Action, "id">} action */
  act(action) {
    this.waiting.push({ id: letters(16), ...action })
    noteUnconfirmed(this.said, this.waiting)
    this.setState("log", this.waiting)
  }

  /** @param {"keep" | "drop"} wanted */
  decide(wanted) {
    // Somebody who decided quickly means a clip that is not here yet, not this one once more.
    if (this.ahead) return this.say(ON_THEIR_WAY)
    const { card } = this.clip
    const decision = this.history.decide(card, wanted)
    this.act({ clip_id: card.id, decision })
    const said = this.where
    this.mark()
    if (decision) this.step(1)
    this.say(said)
  }

  tag() {
    if (this.ahead) return this.say(ON_THEIR_WAY)
    const { card } = this.clip
    if (this.stage.querySelector(".tagline")) return
    tagLine(this.stage, this.data.tags, {
      take: (tag) => {
        this.history.tag(card)
        this.act({ clip_id: card.id, tag })
        this.say(`Tagged ${tag}`)
      },
      gone: () => {},
      closed: () => this.root.focus({ preventScroll: true }),
    })
  }

  undo() {
    this.act({ undo: true })
    const id = this.history.undo()
    if (id && id !== this.id) this.go(id)
    else this.mark()
    this.say(`Undone: ${this.where}`)
  }

  /** The app may not know yet which clip is in view: it is said. */
  edit() {
    this.trigger("edit", this.id)
  }

  help() {
    this.legend.hidden = !this.legend.hidden
    this.bar.help.setAttribute("aria-expanded", String(!this.legend.hidden))
  }

  async fullScreen() {
    if (document.fullscreenElement) await document.exitFullscreen()
    else await this.root.requestFullscreen?.()
  }

  /** Back to the wall, which comes back to the clip that was left last. */
  leave() {
    clearTimeout(this.timer)
    rememberWall({ ...recallWall(this.data.address), address: this.data.address, clip_id: this.id })
    this.trigger("left", Date.now())
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!isOurs(event, this.root, { withControl: true })) return
    const control = event.ctrlKey || event.metaKey
    const target = event.composedPath()[0]
    const name = keyName(event)
    if (control && name !== "z") return
    if (target === this.bar.line && event.key.startsWith("Arrow")) {
      event.preventDefault()
      this.players.frame(event.key === "ArrowLeft" ? -5 : 5)
      return
    }
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ",": () => this.players.frame(-1),
      ".": () => this.players.frame(1),
      k: () => this.decide("keep"),
      d: () => this.decide("drop"),
      t: () => this.tag(),
      z: () => this.undo(),
      e: () => this.edit(),
      f: () => void this.fullScreen(),
      "?": () => this.help(),
      Escape: () => this.leave(),
    }
    if (!(target instanceof HTMLButtonElement)) actions[" "] = () => this.players.toggle()
    const action = actions[name]
    if (!action || (event.repeat && !event.key.startsWith("Arrow") && name !== "," && name !== ".")) return
    event.preventDefault()
    action()
  }

  drawTracks() {
    const player = this.players.shown
    if (player) drawHands(this.overlay, player.video, this.data.tracks, player.footage.now)
  }

  end() {
    clearTimeout(this.timer)
    cancelAnimationFrame(this.frame)
    document.removeEventListener("keydown", this.onKey, true)
    this.players.end()
  }
}

/** @type {(mount: import("../../browser/mounted.js").Mount<LoupeData>) => () => void} */
export default mounted(".loupe", (root, data) => new Loupe(root, data))
