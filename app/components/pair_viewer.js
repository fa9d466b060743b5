// One state per mounted element: the default export runs again at every change of data, its cleanup only at unmount.
const viewers = new WeakMap()

const AHEAD = 3 // pairs that are loaded before they are asked for
const RATES = [1, 1.5, 2]
const SAID_MS = 450
const RETRY_MS = 3000
const AWAY_MS = 180_000 // after so long without an answer, the time to the next pause counts anew

const WORDS = { left: "Left", right: "Right", tie: "Tie", skip: "Skipped" }
const ANSWERS = [
  ["left", "←", "Left"], ["tie", "↑", "Tie"], ["skip", "↓", "Skip"], ["right", "→", "Right"],
]
const ARROWS = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "tie", ArrowDown: "skip" }
const TOOLS = [
  ["undo", "Z", "Undo", "take the last answer back, as often as you like"],
  ["pause", "Space", "Pause", "pause or play"],
  ["faster", "F", "1×", "speed: 1×, 1.5×, 2×"],
  ["replay", "R", "Replay", "both from the start"],
  ["help", "?", "Help", "question, guidelines, keys"],
  ["full", "", "Full screen", "the two clips fill the screen"],
]
const OTHERS_KEYS = "input, textarea, select, [contenteditable=''], [contenteditable=true], [role=radio], [role=slider], [role=tab], [role=combobox], [role=listbox], [role=option]"

function button(className, parent, key, text, act) {
  const node = element("button", className, parent)
  node.type = "button"
  if (key) element("kbd", "", node, key).setAttribute("aria-hidden", "true")
  element("span", "word", node, text)
  node.onclick = (event) => {
    if (event.detail) node.blur() // after a click of the mouse, Space is for the clips again
    act()
  }
  return node
}

class Viewer {
  constructor(root, review) {
    this.root = root
    this.review = review
    Object.assign(this, { queue: [], history: [], known: new Set(), current: null, playing: true, open: false })
    Object.assign(this, { awayMs: 0, pausedAt: performance.now(), lastAnswer: performance.now(), took: [] })
    this.rate = RATES.find((rate) => String(rate) === recall("handpicked.rate")) ?? 1
    this.build()
    this.layers = Array.from({ length: review ? 1 : AHEAD + 1 }, () => new PairPlayer(this.boxes))
    this.onKey = (event) => this.key(event)
    this.onVisible = () => this.visible()
    document.addEventListener("keydown", this.onKey)
    document.addEventListener("visibilitychange", this.onVisible)
    window.addEventListener("online", (this.onOnline = () => this.send()))
    this.retry = setInterval(() => this.again(), RETRY_MS)
    const tick = () => { this.tick(); this.frame = requestAnimationFrame(tick) }
    tick()
    if (!review) root.focus({ preventScroll: true })
  }

  build() {
    const { root } = this
    root.tabIndex = -1
    root.classList.toggle("review", this.review)
    const top = element("div", "top", root)
    this.question = element("div", "question", top)
    this.count = element("div", "count", top)
    this.bar = element("i", "", element("div", "bar", root))
    this.notice = element("div", "notice", root)
    this.notice.hidden = true
    this.stage = element("div", "stage", root)
    this.panes = ["left", "right"].map((side) => {
      const pane = element("div", `pane ${side}`, this.stage)
      const box = element("div", "box", pane)
      if (!this.review) box.onclick = () => this.answer(side)
      element("div", "message", box)
      element("i", "", element("div", "line", pane))
      element("div", "score", pane)
      return pane
    })
    this.boxes = this.panes.map((pane) => pane.querySelector(".box"))
    this.empty = element("div", "empty", this.stage)
    this.keys = element("div", "keys", root)
    const answers = element("div", "answers", this.keys)
    this.answers = Object.fromEntries(
      ANSWERS.map(([name, key, word]) => [name, button(`button ${name}`, answers, key, word, () => this.answer(name))]),
    )
    const tools = element("div", "tools", this.keys)
    const wanted = TOOLS.filter(([name]) => !this.review || ["pause", "faster", "replay"].includes(name))
    this.tools = Object.fromEntries(
      wanted.map(([name, key, word, what]) => {
        const node = button("button quiet", tools, key, word, () => this[name]())
        node.title = what
        return [name, node]
      }),
    )
    this.stored = element("div", "stored", this.keys)
    this.live = element("div", "unseen", root)
    this.live.setAttribute("role", "status")
    this.live.setAttribute("aria-live", "polite")
    this.sheet = element("div", "sheet", this.stage)
    this.sheet.hidden = true
    this.sheet.setAttribute("role", "region")
    this.sheet.setAttribute("aria-label", "Help")
  }

  // --- what comes from the app -----------------------------------------------------------------------------------

  update(data, setStateValue) {
    this.data = data
    this.setState = setStateValue
    this.stage.style.setProperty("--shape", data.shape)
    if (this.review) return this.look(data.pairs[0])
    this.question.textContent = data.question
    if (!this.log) return this.begin()
    this.log.confirm(data.confirmed)
    if (data.refused.length) {
      this.log.confirm(data.refused)
      this.tell(`${data.refused.length} kept from an earlier sitting could not be stored: this workspace does not know their pairs.`)
    }
    if (data.pairs === null) return undefined
    if (!this.known.size) {
      this.history = [...data.past]
      for (const pair of data.past) this.known.add(pair.pair_id)
    }
    for (const pair of data.pairs) {
      if (this.known.has(pair.pair_id)) continue
      this.known.add(pair.pair_id)
      this.queue.push(pair)
    }
    this.arrange()
    this.draw()
    return undefined
  }

  async begin() {
    if (this.naming) return
    this.naming = true
    const tab = await tabName()
    document.cookie = `handpicked_annotator=${encodeURIComponent(this.data.annotator)}; path=/; max-age=31536000; SameSite=Lax`
    this.log = new AnswerLog(this.data.scope, tab)
    this.send()
  }

  look(pair) {
    if (this.current?.pair_id === pair.pair_id) return
    this.current = pair
    this.layers[0].load(pair)
    this.begun()
    this.draw()
  }

  // Tell the app all that it has not confirmed; with it comes what to show next.
  send() {
    if (!this.log) return
    this.sentAt = performance.now()
    this.setState("log", { tab: this.log.tab, sent_ms: Date.now(), events: this.log.events })
  }

  again() {
    if (!this.log || this.review || performance.now() - this.sentAt < RETRY_MS) return
    const starved = !this.current && !this.data.exhausted
    if (this.log.waiting.size || starved || this.data.pairs === null) this.send()
    this.draw()
  }

  // --- which pair ------------------------------------------------------------------------------------------------

  // The pair in view is the first of the line; those behind it are loaded once it is drawn.
  arrange() {
    if (!this.current) this.current = this.queue.shift() ?? null
    const line = [this.current, ...this.queue.slice(0, AHEAD)].filter(Boolean)
    const free = this.layers.filter((layer) => !line.some((pair) => pair.pair_id === layer.pair?.pair_id))
    const layerOf = (pair) => this.layers.find((layer) => layer.pair?.pair_id === pair.pair_id)
    const [front] = this.layers
    if (this.current) {
      let layer = layerOf(this.current)
      if (!layer) (layer = free.pop()).load(this.current)
      if (layer !== front || !this.started) {
        front.hide()
        front.pause()
        this.layers = [layer, ...this.layers.filter((other) => other !== layer)]
        this.begun()
      }
    } else {
      this.layers.forEach((layer) => layer.pair && layer.unload())
      this.started = false
    }
    clearTimeout(this.loading)
    this.loading = setTimeout(() => {
      for (const layer of free) if (layer.pair && layer !== this.layers[0]) layer.unload()
      for (const pair of line.slice(1)) if (!layerOf(pair) && free.length) free.pop().load(pair)
    }, 30)
  }

  begun() {
    const [layer] = this.layers
    this.started = true
    layer.show()
    for (const box of this.boxes) box.classList.remove("late", "failed")
    this.root.dataset.pair = this.current.pair_id
    this.askedAt = performance.now()
    this.awayMs = 0
    this.playing = true
    if (!document.hidden && !this.open) layer.start(this.rate)
    ;[this.current.left, this.current.right].forEach((clip, n) => {
      this.panes[n].querySelector(".score").textContent = clip.score ?? ""
      this.panes[n].classList.toggle("picked", this.current.answer === ["left", "right"][n])
    })
  }

  // --- what a person does ----------------------------------------------------------------------------------------

  answer(choice) {
    if (!this.current || this.open || this.review || !this.log) return
    const now = performance.now()
    const took = Math.round(now - this.askedAt - this.awayMs)
    this.log.add(this.current.pair_id, choice, took)
    this.history.push(this.current)
    this.took = [...this.took.slice(-19), took]
    this.current = null
    this.arrange()
    this.acknowledge(choice)
    this.remind(now)
    this.draw()
    setTimeout(() => this.send(), 0)
  }

  undo() {
    if (this.open || !this.log) return
    const pair = this.history.pop()
    if (!pair) {
      this.say("There is nothing to take back.")
      return
    }
    this.log.add(pair.pair_id, "undone", null)
    if (this.current) this.queue.unshift(this.current)
    this.current = pair
    this.took.pop()
    this.arrange()
    this.say("Taken back. Choose again.")
    this.draw()
    setTimeout(() => this.send(), 0)
  }

  pause() {
    const [layer] = this.layers
    if (!this.current || this.open) return
    this.playing = !this.playing
    if (this.playing) layer.resume(this.rate)
    else layer.pause()
    this.draw()
  }

  faster() {
    this.rate = RATES[(RATES.indexOf(this.rate) + 1) % RATES.length]
    keep("handpicked.rate", String(this.rate))
    for (const side of this.layers[0].sides) side.video.playbackRate = this.rate
    this.say(`Speed ${this.rate}×`)
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
    this.sheet.hidden = !this.open
    if (this.open) {
      this.layers[0].pause()
      this.writeHelp()
      this.closer.focus()
    } else {
      if (this.current && this.playing) this.layers[0].start(this.rate)
      this.root.focus({ preventScroll: true })
    }
  }

  writeHelp() {
    this.sheet.replaceChildren()
    element("div", "title", this.sheet, this.data.question)
    const list = element("ul", "", this.sheet)
    for (const line of this.data.guidelines) element("li", "", list, line)
    const keys = element("dl", "", this.sheet)
    for (const [key, what] of [["← →", "the left or the right clip"], ["↑", "tie"], ["↓", "skip"], ...TOOLS.map((tool) => [tool[1], tool[3]])]) {
      if (!key) continue
      element("kbd", "", element("dt", "", keys), key)
      element("dd", "", keys, what)
    }
    this.closer = button("button primary", this.sheet, "", "Go on", () => this.help())
  }

  key(event) {
    const target = event.composedPath()[0]
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return
    if (target instanceof Element && target.closest(OTHERS_KEYS)) return
    if (document.querySelector("[role=dialog]")) return
    if (target instanceof HTMLButtonElement && [" ", "Enter"].includes(event.key)) return
    const act = this.action(event.key.length === 1 ? event.key.toLowerCase() : event.key)
    if (!act) return
    event.preventDefault()
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

  // --- what a person sees ----------------------------------------------------------------------------------------

  acknowledge(choice) {
    const chosen = choice === "tie" ? this.panes : this.panes.filter((pane) => pane.classList.contains(choice))
    const marked = [...chosen, this.answers[choice]]
    clearTimeout(this.fading)
    for (const node of [...this.panes, ...Object.values(this.answers)]) node.classList.remove("chosen")
    void this.stage.offsetWidth // so that the same answer twice flashes twice
    for (const node of marked) node.classList.add("chosen")
    this.fading = setTimeout(() => marked.forEach((node) => node.classList.remove("chosen")), SAID_MS)
    this.say(`${WORDS[choice]}. Pair ${this.done + 1}.`)
  }

  say(text) {
    this.live.textContent = text
  }

  tell(text, actions = []) {
    this.notice.replaceChildren()
    element("span", "", this.notice, text)
    for (const [word, act] of [...actions, ["Close", () => {}]]) {
      button("button quiet", this.notice, "", word, () => { this.notice.hidden = true; act() })
    }
    this.notice.hidden = false
    this.say(text)
  }

  remind(now) {
    if (now - this.lastAnswer > AWAY_MS) this.pausedAt = now
    this.lastAnswer = now
    const { target, pause_min } = this.data
    if (this.done === target) {
      this.tell(`${target} pairs: that was your target. Stop here, or go on as long as you like.`)
    } else if (pause_min > 0 && now - this.pausedAt > pause_min * 60_000) {
      this.pausedAt = now
      this.tell(`You have been at it for ${pause_min} minutes. Look away for a moment.`, [
        ["Pause", () => { if (this.playing) this.pause() }],
      ])
    }
  }

  get done() {
    return Math.max(0, this.data.done + (this.log?.surplus ?? 0))
  }

  draw() {
    const { target, exhausted, error, pairs } = this.data
    this.tools.pause.querySelector(".word").textContent = this.playing ? "Pause" : "Play"
    this.tools.faster.querySelector(".word").textContent = `${this.rate}×`
    this.empty.hidden = Boolean(this.current)
    if (this.review) return
    this.count.replaceChildren()
    element("b", "", this.count, String(this.done))
    this.count.append(` of ${target}${this.pace()}`)
    this.bar.style.transform = `scaleX(${Math.min(1, this.done / target)})`
    this.tools.undo.disabled = !this.history.length
    for (const node of Object.values(this.answers)) node.disabled = !this.current
    const ended = exhausted && "Every pair of these clips has been asked. Add clips, or end the sitting."
    this.empty.textContent = this.current ? "" : ended || (pairs === null ? "Getting the first pairs…" : "Choosing the next pairs…")
    const waiting = this.log?.waiting.size ?? 0
    const late = waiting && performance.now() - this.sentAt > RETRY_MS - 500
    this.stored.textContent = error ?? (late ? `${waiting} kept in this browser until the app answers` : "")
    this.stored.classList.toggle("late", Boolean(error || late))
  }

  pace() {
    if (this.took.length < 3) return ""
    const middle = [...this.took].sort((a, b) => a - b)[this.took.length >> 1]
    const a_minute = 60_000 / Math.max(middle, 200)
    const left = Math.max(0, this.data.target - this.done)
    const minutes = Math.ceil(left / a_minute)
    const rest = left ? ` · about ${minutes} min left` : ""
    return ` · ${a_minute < 10 ? a_minute.toFixed(1) : Math.round(a_minute)} a minute${rest}`
  }

  tick() {
    const [layer] = this.layers
    if (!this.current || !layer.pair) return
    layer.tick(this.rate)
    layer.sides.forEach((side, n) => {
      const lap_s = side.state === "held" ? side.length_s : Math.max(0, side.video.currentTime - side.clip.start_s)
      this.panes[n].querySelector(".line i").style.transform = `scaleX(${Math.min(1, lap_s / side.length_s).toFixed(4)})`
    })
  }

  end() {
    cancelAnimationFrame(this.frame)
    clearInterval(this.retry)
    clearTimeout(this.loading)
    clearTimeout(this.fading)
    document.removeEventListener("keydown", this.onKey)
    document.removeEventListener("visibilitychange", this.onVisible)
    window.removeEventListener("online", this.onOnline)
    this.layers.forEach((layer) => layer.unload())
    this.root.replaceChildren()
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
