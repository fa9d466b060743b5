// @ts-check
import { isOurs, keyName } from "../browser/keys.js"
import { mounted } from "../browser/mounted.js"
import { recall, remember } from "../browser/remembered.js"
import { AnswerLog } from "./answer_log.js"
import { Panel } from "./pair_panel.js"
import { PairLayers } from "./pair_layers.js"
import { PairPlayer } from "./pair_player.js"
import { PairQueue } from "./pair_queue.js"
import { SittingClock } from "./sitting_clock.js"
import { tabName } from "./tab_name.js"
import { actOfKey } from "./viewer_keys.js"

/** @typedef {import("./answer_log.js").Choice} Choice */
/** @typedef {import("./pair_queue.js").Pair} Pair */
/** @typedef {import("./sitting_data.js").ReviewData} ReviewData */
/** @typedef {import("./sitting_data.js").SittingData} SittingData */
/** @typedef {import("../browser/mounted.js").Mount<SittingData | ReviewData>} Mount */

const AHEAD = 3 // pairs that are loaded before they are asked for
const RATES = [1, 1.5, 2]
const RETRY_MS = 3000
const STILL = "(prefers-reduced-motion: reduce)"

/** A sitting's queue of pairs: each is played and answered by one key; answers are kept until the app stored them. */
class Viewer {
  /**
   * @param {HTMLElement} root
   * @param {boolean} review
   */
  constructor(root, review) {
    this.root = root
    this.review = review
    /** @type {SittingData | null} */
    this.data = null
    /** @type {AnswerLog | null} */
    this.log = null
    this.queue = new PairQueue()
    /** @type {number[]} how long the answers of late took, in milliseconds */
    this.took = []
    this.playing = true
    this.helpIsOpen = false
    this.isOver = false
    this.naming = false
    this.sentAt = 0
    this.frame = 0
    this.clock = new SittingClock(performance.now())
    /** @type {import("../browser/mounted.js").Send} */
    this.setState = () => {}
    /** @type {import("../browser/mounted.js").Send} */
    this.trigger = () => {}
    this.rate = RATES.find((rate) => String(rate) === recall("handpicked.rate")) ?? 1
    /** @type {import("./pair_panel.js").Acts} */
    this.acts = {
      left: () => this.answer("left"),
      right: () => this.answer("right"),
      tie: () => this.answer("tie"),
      skip: () => this.answer("skip"),
      undo: () => this.undo(),
      pause: () => this.pause(),
      faster: () => this.faster(),
      replay: () => this.replay(),
      help: () => this.help(),
      full: () => this.panel.full(),
      train: () => this.next("train"),
      more: () => this.next("more"),
      statistics: () => this.next("statistics"),
      leave: () => this.next("leave"),
    }
    this.panel = new Panel(root, review, this.acts)
    const players = Array.from({ length: review ? 1 : AHEAD + 1 }, () => new PairPlayer(this.panel.boxes))
    this.layers = new PairLayers(players)
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.key(event)
    this.onVisible = () => this.visible()
    this.onOnline = () => this.send()
    document.addEventListener("keydown", this.onKey)
    document.addEventListener("visibilitychange", this.onVisible)
    window.addEventListener("online", this.onOnline)
    this.retry = setInterval(() => this.again(), RETRY_MS)
    const tick = () => {
      this.tick()
      this.frame = requestAnimationFrame(tick)
    }
    tick()
    if (!review) root.focus({ preventScroll: true })
  }

  // --- what comes from the app, and what goes there ---------------------------------------------------------------

  /** @param {Mount} mount */
  update({ data, setStateValue, setTriggerValue }) {
    this.setState = setStateValue
    this.trigger = setTriggerValue
    this.panel.setShape(data.shape)
    if (data.review) return this.look(data.pairs[0])
    this.data = data
    this.panel.head(data)
    if (this.log) this.take(data, this.log)
    else this.begin(data)
  }

  /**
   * @param {SittingData} data
   * @param {AnswerLog} log
   */
  take(data, log) {
    log.confirm([...data.confirmed, ...data.refused])
    if (data.refused.length) this.panel.tellRefused(data.refused.length)
    if (data.pairs === null) return
    this.queue.take(data.pairs, data.past)
    this.arrange()
    this.draw()
  }

  /** @param {SittingData} data */
  async begin(data) {
    if (this.naming) return
    this.naming = true
    const tab = await tabName()
    const { annotator, scope } = data
    document.cookie = `handpicked_annotator=${encodeURIComponent(annotator)}; path=/; max-age=31536000; SameSite=Lax`
    this.log = new AnswerLog(scope, tab)
    this.send()
    this.draw()
  }

  /** @param {Pair} pair */
  look(pair) {
    if (this.queue.current?.pair_id === pair.pair_id) return
    this.queue.current = pair
    this.layers.show(pair)
    this.begun(pair)
    this.draw()
  }

  /** Tell the app all that it has not confirmed; with its answer comes what to show next. */
  send() {
    if (!this.log) return
    this.sentAt = performance.now()
    this.setState("log", { tab: this.log.tab, sent_ms: Date.now(), events: this.log.events })
  }

  again() {
    if (!this.log || !this.data || performance.now() - this.sentAt < RETRY_MS) return
    const wants = this.data.pairs === null || (!this.queue.current && !this.data.exhausted)
    if (this.log.waiting.size || wants) this.send()
    this.draw()
  }

  arrange() {
    this.queue.advance()
    const line = this.queue.line(AHEAD)
    if (this.layers.arrange(line)) this.begun(line[0])
  }

  /**
   * A pair has come into view.
   * @param {Pair} pair
   */
  begun(pair) {
    // Who asked for less motion has clips stand still until Play is pressed again; for others each pair plays.
    this.playing = this.playing || !window.matchMedia(STILL).matches
    this.panel.turn(pair)
    this.clock.asked(performance.now())
    if (this.mayPlay) this.layers.front.start(this.rate)
  }

  // --- what a person does -----------------------------------------------------------------------------------------

  /** @param {Choice} choice */
  answer(choice) {
    const { current } = this.queue
    if (!current || this.helpIsOpen || this.isOver || !this.log) return
    const now = performance.now()
    const took = this.clock.response_ms(now)
    this.log.add(current.pair_id, choice, took)
    this.took = [...this.took.slice(-19), took]
    this.queue.answer(choice)
    this.arrange()
    this.panel.acknowledge(choice, this.done)
    this.remind(now)
    this.draw()
    setTimeout(() => this.send(), 0)
  }

  undo() {
    if (this.helpIsOpen || !this.log) return
    const pair = this.queue.takeBack()
    if (!pair) {
      this.panel.say("There is nothing to take back.")
      return
    }
    this.log.add(pair.pair_id, "undone", null)
    this.took.pop()
    this.arrange()
    this.panel.say("Taken back. Choose again.")
    this.draw()
    setTimeout(() => this.send(), 0)
  }

  pause() {
    if (!this.queue.current || this.helpIsOpen || this.isOver) return
    this.playing = !this.playing
    if (this.playing) this.layers.front.resume(this.rate)
    else this.layers.front.pause()
    this.draw()
  }

  faster() {
    this.rate = RATES[(RATES.indexOf(this.rate) + 1) % RATES.length]
    remember("handpicked.rate", String(this.rate))
    this.layers.front.setRate(this.rate)
    this.panel.say(`Speed ${this.rate}×`)
    this.draw()
  }

  replay() {
    if (!this.queue.current || this.helpIsOpen || this.isOver) return
    this.playing = true
    this.layers.front.start(this.rate)
    this.draw()
  }

  help() {
    if (!this.data || this.isOver) return
    this.helpIsOpen = !this.helpIsOpen
    if (this.helpIsOpen) {
      this.layers.front.pause()
      this.panel.help(this.data, () => this.help())
    } else {
      this.panel.sheet.close()
      if (this.mayPlay) this.layers.front.start(this.rate)
      this.root.focus({ preventScroll: true })
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.repeat || !isOurs(event, this.root)) return
    if (event.composedPath()[0] instanceof HTMLButtonElement && [" ", "Enter"].includes(event.key)) return
    const act = actOfKey(keyName(event), this)
    if (!act) return
    event.preventDefault()
    this.root.classList.remove("pointing")
    this.acts[act]()
  }

  /**
   * Leave the sitting, or make it longer: what the app does then.
   * @param {import("./end_card.js").Next} to
   */
  next(to) {
    if (!this.data) return
    const isLonger = to === "more"
    if (document.fullscreenElement && !isLonger) document.exitFullscreen()
    this.trigger("next", { to, target: isLonger ? Math.max(this.done, this.data.target) + this.data.more : null })
  }

  /** Whether the pair in view may play now. */
  get mayPlay() {
    const isCovered = document.hidden || this.helpIsOpen || this.isOver
    return this.queue.current !== null && this.playing && !isCovered
  }

  /** Show the card where the sitting is at its end, and take it away where it goes on. */
  settle() {
    const { data, queue } = this
    if (!data) return
    const { target, more, exhausted, measured } = data
    const nothingLeft = exhausted && !queue.current
    const isOver = nothingLeft || (data.pairs !== null && this.done >= target)
    if (isOver === this.isOver) return
    this.isOver = isOver
    if (isOver) {
      this.layers.front.pause()
      this.panel.finish({ done: this.done, spent_ms: this.spent_ms, more, exhausted: nothingLeft, measured })
    } else {
      this.panel.ending.hide()
      this.clock.asked(performance.now())
      if (this.mayPlay) this.layers.front.start(this.rate)
      this.root.focus({ preventScroll: true })
    }
  }

  /** How long the answers of this sitting took. */
  get spent_ms() {
    const waiting = this.log?.events.reduce((sum, event) => sum + (event.response_ms ?? 0), 0) ?? 0
    return (this.data?.spent_ms ?? 0) + waiting
  }

  /** Nobody watches a hidden page: its clips stand still, and the time does not count. */
  visible() {
    if (document.hidden) {
      this.clock.hidden(performance.now())
      this.layers.front.pause()
    } else {
      this.clock.seen(performance.now())
      if (this.mayPlay) this.layers.front.start(this.rate)
    }
  }

  /** @param {number} now */
  remind(now) {
    if (!this.data) return
    this.clock.answered(now)
    const { target, pause_min } = this.data
    if (this.done < target && this.clock.takeReminder(now, pause_min))
      this.panel.tellToRest(pause_min, () => this.playing && this.pause())
  }

  // --- what a person sees -----------------------------------------------------------------------------------------

  /** What the app counts, and what it does not know yet. */
  get done() {
    return Math.max(0, (this.data?.done ?? 0) + (this.log?.surplus ?? 0))
  }

  draw() {
    const { panel, data, log, queue } = this
    panel.playing(this.playing, this.rate)
    panel.empty.hidden = Boolean(queue.current) || this.isOver
    if (!data || !log) return
    panel.progress(this.done, data.target, this.took, data.agreement)
    this.settle()
    panel.enable(queue.current !== null && !this.isOver, queue.answered.length > 0)
    panel.coming(data)
    const isLate = log.waiting.size > 0 && performance.now() - log.oldestAt > RETRY_MS
    panel.kept(isLate ? log.waiting.size : 0, data.error)
  }

  tick() {
    const player = this.layers.front
    if (!this.queue.current || !player.pair) return
    player.tick(this.rate)
    player.sides.forEach((side, n) => {
      const held = side.state === "held"
      this.panel.line(n, held ? 1 : side.into_s / side.length_s)
    })
  }

  end() {
    cancelAnimationFrame(this.frame)
    clearInterval(this.retry)
    document.removeEventListener("keydown", this.onKey)
    document.removeEventListener("visibilitychange", this.onVisible)
    window.removeEventListener("online", this.onOnline)
    this.layers.end()
    this.panel.end()
  }
}

/** @type {(mount: Mount) => () => void} */
export default mounted(".viewer", (root, data) => new Viewer(root, data.review))
