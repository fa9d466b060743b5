// One state per mounted element: the default export runs again at every change of data, its cleanup only at unmount.
const viewers = new WeakMap()

const AHEAD = 3 // pairs that are loaded before they are asked for
const LOAD_AFTER_MS = 30 // what comes next is loaded once the pair in view is drawn
const RATES = [1, 1.5, 2]
const RETRY_MS = 3000
const AWAY_MS = 180_000 // after so long without an answer, the time to the next pause counts anew
const ARROWS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "tie", ArrowDown: "skip" }
const ALL_ASKED = "Every pair of these clips has been asked. Add clips, or end the sitting."

class Viewer {
  constructor(root, review) {
    Object.assign(this, { root, review, queue: [], history: [], known: new Set(), took: [] })
    Object.assign(this, { current: null, playing: true, open: false, awayMs: 0 })
    this.restedAt = this.answeredAt = performance.now()
    this.rate = RATES.find((rate) => String(rate) === recall("handpicked.rate")) ?? 1
    const acts = Object.fromEntries(TOOLS.map(([name]) => [name, () => this[name]()]))
    this.panel = new Panel(root, review, { ...acts, answer: (choice) => this.answer(choice) })
    this.layers = Array.from({ length: review ? 1 : AHEAD + 1 }, () => new PairPlayer(this.panel.boxes))
    this.listeners = [
      [document, "keydown", (event) => this.key(event)],
      [document, "visibilitychange", () => this.visible()],
      [window, "online", () => this.send()],
    ]
    for (const [target, name, call] of this.listeners) target.addEventListener(name, call)
    this.retry = setInterval(() => this.again(), RETRY_MS)
    const tick = () => { this.tick(); this.frame = requestAnimationFrame(tick) }
    tick()
    if (!review) root.focus({ preventScroll: true })
  }

  // --- what comes from the app, and what goes there ---------------------------------------------------------------

  update(data, setStateValue) {
    this.data = data
    this.setState = setStateValue
    this.panel.stage.style.setProperty("--shape", data.shape)
    if (this.review) this.look(data.pairs[0])
    else if (!this.log) this.begin()
    else this.take(data)
  }

  take(data) {
    this.panel.question.textContent = data.question
    this.log.confirm(data.confirmed)
    if (data.refused.length) {
      this.log.confirm(data.refused)
      const what = data.refused.length === 1 ? "1 answer" : `${data.refused.length} answers`
      this.panel.tell(`${what} of an earlier sitting can't be stored: this workspace does not know the pairs.`)
    }
    if (data.pairs === null) return
    if (!this.known.size) this.history = [...data.past]
    for (const pair of this.history) this.known.add(pair.pair_id)
    for (const pair of data.pairs) if (!this.known.has(pair.pair_id)) this.queue.push(pair)
    for (const pair of data.pairs) this.known.add(pair.pair_id)
    this.arrange()
    this.draw()
  }

  async begin() {
    if (this.naming) return
    this.naming = true
    const tab = await tabName()
    const name = encodeURIComponent(this.data.annotator)
    document.cookie = `handpicked_annotator=${name}; path=/; max-age=31536000; SameSite=Lax`
    this.log = new AnswerLog(this.data.scope, tab)
    this.send()
    this.draw()
  }

  look(pair) {
    if (this.current?.pair_id === pair.pair_id) return
    this.current = pair
    this.layers[0].load(pair)
    this.begun()
    this.draw()
  }

  // Tell the app all that it has not confirmed; with its answer comes what to show next.
  send() {
    if (!this.log) return
    this.sentAt = performance.now()
    this.setState("log", { tab: this.log.tab, sent_ms: Date.now(), events: this.log.events })
  }

  again() {
    if (!this.log || performance.now() - this.sentAt < RETRY_MS) return
    if (this.log.waiting.size || this.data.pairs === null || (!this.current && !this.data.exhausted)) this.send()
    this.draw()
  }

  // --- which pair -------------------------------------------------------------------------------------------------

  // The pair in view is the first of the line; each of those behind it has a layer of its own, loaded and unseen.
  arrange() {
    if (!this.current) this.current = this.queue.shift() ?? null
    const line = [this.current, ...this.queue.slice(0, AHEAD)].filter(Boolean)
    const layerOf = (pair) => this.layers.find((layer) => layer.pair?.pair_id === pair.pair_id)
    const free = this.layers.filter((layer) => !line.some((pair) => pair.pair_id === layer.pair?.pair_id))
    const [front] = this.layers
    if (this.current) {
      let layer = layerOf(this.current)
      if (!layer) (layer = free.pop()).load(this.current)
      if (layer !== front || !this.started) {
        front.pause()
        front.hide()
        this.layers = [layer, ...this.layers.filter((other) => other !== layer)]
        this.begun()
      }
    } else {
      front.pause()
      front.hide()
      this.started = false
    }
    clearTimeout(this.loading)
    this.loading = setTimeout(() => {
      for (const layer of free) if (layer.pair) layer.unload()
      for (const pair of line) if (!layerOf(pair)) free.pop().load(pair)
    }, LOAD_AFTER_MS)
  }

  begun() {
    const [layer] = this.layers
    this.started = this.playing = true
    layer.show()
    this.panel.turn(this.current)
    this.askedAt = performance.now()
    this.awayMs = 0
    if (!document.hidden && !this.open) layer.start(this.rate)
  }

  // --- what a person does -----------------------------------------------------------------------------------------

  answer(choice) {
    if (!this.current || this.open || !this.log) return
    const now = performance.now()
    const took = Math.round(now - this.askedAt - this.awayMs)
    this.log.add(this.current.pair_id, choice, took)
    this.history.push(this.current)
    this.took = [...this.took.slice(-19), took]
    this.current = null
    this.arrange()
    this.panel.acknowledge(choice, this.done + 1)
    this.remind(now)
    this.draw()
    setTimeout(() => this.send(), 0)
  }

  undo() {
    if (this.open || !this.log) return
    const pair = this.history.pop()
    if (!pair) {
      this.panel.say("There is nothing to take back.")
      return
    }
    this.log.add(pair.pair_id, "undone", null)
    if (this.current) this.queue.unshift(this.current)
    this.current = pair
    this.took.pop()
    this.arrange()
    this.panel.say("Taken back. Choose again.")
    this.draw()
    setTimeout(() => this.send(), 0)
  }

  pause() {
    if (!this.current || this.open) return
    this.playing = !this.playing
    if (this.playing) this.layers[0].resume(this.rate)
    else this.layers[0].pause()
    this.draw()
  }

  faster() {
    this.rate = RATES[(RATES.indexOf(this.rate) + 1) % RATES.length]
    keep("handpicked.rate", String(this.rate))
    for (const side of this.layers[0].sides) side.video.playbackRate = this.rate
    this.panel.say(`Speed ${this.rate}×`)
    this.draw()
  }

  replay() {
    if (!this.current || this.open) return
    this.playing = true
    this.layers[0].start(this.rate)
    this.draw()
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen()
    else this.root.requestFullscreen?.().catch(() => {})
  }

  help() {
    this.open = !this.open
    if (this.open) {
      this.layers[0].pause()
      this.panel.help(this.data, () => this.help())
    } else {
      this.panel.sheet.hidden = true
      if (this.current && this.playing) this.layers[0].start(this.rate)
      this.root.focus({ preventScroll: true })
    }
  }

  key(event) {
    if (event.repeat || !isOurs(event, this.root)) return
    if (event.composedPath()[0] instanceof HTMLButtonElement && [" ", "Enter"].includes(event.key)) return
    const act = this.action(event.key.length === 1 ? event.key.toLowerCase() : event.key)
    if (!act) return
    event.preventDefault()
    this.root.classList.remove("pointing")
    act()
  }

  action(key) {
    if (key === " ") return () => this.pause()
    if (key === "f") return () => this.faster()
    if (key === "r") return () => this.replay()
    if (this.review) return null
    if (key === "?" || (key === "Escape" && this.open)) return () => this.help()
    if (key === "z") return () => this.undo()
    return ARROWS[key] ? () => this.answer(ARROWS[key]) : null
  }

  // Nobody watches a hidden page: its clips stand still, and the time does not count.
  visible() {
    const [layer] = this.layers
    if (document.hidden) {
      this.hiddenAt = performance.now()
      layer.pause()
    } else {
      this.awayMs += performance.now() - (this.hiddenAt ?? performance.now())
      this.hiddenAt = undefined
      if (this.current && this.playing && !this.open) layer.start(this.rate)
    }
  }

  remind(now) {
    if (now - this.answeredAt > AWAY_MS) this.restedAt = now
    this.answeredAt = now
    const { target, pause_min } = this.data
    if (this.done === target) {
      this.panel.tell(`${target} pairs: that was the target. Stop here, or go on as long as you like.`)
    } else if (pause_min > 0 && now - this.restedAt > pause_min * 60_000) {
      this.restedAt = now
      const stop = ["Pause", () => { if (this.playing) this.pause() }]
      this.panel.tell(`You have been at it for ${pause_min} minutes. Look away for a moment.`, [stop])
    }
  }

  // --- what a person sees -----------------------------------------------------------------------------------------

  // What the app counts, and what it does not know yet.
  get done() {
    return Math.max(0, this.data.done + this.log.surplus)
  }

  draw() {
    const { panel, data } = this
    panel.playing(this.playing, this.rate)
    panel.empty.hidden = Boolean(this.current)
    if (this.review || !this.log) return
    panel.progress(this.done, data.target, this.took, data.agreement)
    panel.tools.undo.disabled = !this.history.length
    for (const node of Object.values(panel.answers)) node.disabled = !this.current
    const coming = data.pairs === null ? "Getting the first pairs…" : "Choosing the next pairs…"
    panel.empty.textContent = data.exhausted ? ALL_ASKED : coming
    const waiting = this.log.waiting.size
    const late = waiting > 0 && performance.now() - this.log.oldestAt > RETRY_MS
    const kept = `${waiting === 1 ? "1 answer" : `${waiting} answers`} kept in this browser until the app takes them`
    panel.stored.textContent = late ? [kept, data.error].filter(Boolean).join(": ") : ""
    panel.stored.classList.toggle("late", late)
  }

  tick() {
    const [layer] = this.layers
    if (!this.current || !layer.pair) return
    layer.tick(this.rate)
    layer.sides.forEach((side, n) => {
      const held = side.state === "held"
      this.panel.line(n, held ? 1 : side.into_s / side.length_s)
    })
  }

  end() {
    cancelAnimationFrame(this.frame)
    clearInterval(this.retry)
    clearTimeout(this.loading)
    for (const [target, name, call] of this.listeners) target.removeEventListener(name, call)
    this.layers.forEach((layer) => layer.unload())
    this.panel.end()
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, value)
  } catch {
    // No storage: the choice lasts as long as the page does.
  }
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".viewer")
  let viewer = viewers.get(root)
  if (!viewer) {
    viewer = new Viewer(root, data.review)
    viewers.set(root, viewer)
  }
  viewer.update(data, setStateValue)
  return () => {
    viewer.end()
    viewers.delete(root)
  }
}
