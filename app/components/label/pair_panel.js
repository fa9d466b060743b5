// What a person sees around two clips: question, progress, the keys as buttons, notices, help. It decides nothing.

const ANSWERS = [["left", "←", "Left"], ["tie", "↑", "Tie"], ["skip", "↓", "Skip"], ["right", "→", "Right"]]
const TOOLS = [
  ["undo", "Z", "Undo", "take the last answer back, as often as you like"],
  ["pause", "Space", "Pause", "pause or play"],
  ["faster", "F", "1×", "speed: 1×, 1.5×, 2×"],
  ["replay", "R", "Replay", "both from the start"],
  ["help", "?", "Help", "question, guidelines, keys"],
  ["full", "", "Full screen", "the two clips fill the screen"],
]
const REVIEW_TOOLS = ["pause", "faster", "replay"]
const ACKNOWLEDGED = { left: "Left", right: "Right", tie: "Tie", skip: "Skipped" }
const FLASH_MS = 450

function element(tag, className, parent, text) {
  const node = document.createElement(tag)
  node.className = className
  if (text !== undefined) node.textContent = text
  parent.append(node)
  return node
}

function button(className, parent, key, text, act) {
  const node = element("button", `button ${className}`, parent)
  node.type = "button"
  if (key) element("kbd", "", node, key).setAttribute("aria-hidden", "true")
  element("span", "word", node, text)
  node.onclick = (event) => {
    if (event.detail) node.blur() // after a click of the mouse, Space is for the clips again
    act()
  }
  return node
}

class Panel {
  // `acts` holds a function for each answer and tool.
  constructor(root, review, acts) {
    Object.assign(this, { root, review })
    root.tabIndex = -1
    root.classList.toggle("review", review)
    const top = element("div", "top", root)
    this.question = element("div", "question", top)
    this.count = element("div", "count", top)
    this.bar = element("i", "", element("div", "bar", root))
    this.notice = element("div", "notice", root)
    this.notice.hidden = true
    this.stage = element("div", "stage", root)
    this.panes = ["left", "right"].map((side) => this.pane(side, acts))
    this.boxes = this.panes.map((pane) => pane.querySelector(".box"))
    this.lines = this.panes.map((pane) => pane.querySelector(".line i"))
    this.empty = element("div", "empty", this.stage)
    const keys = element("div", "keys", root)
    const answers = element("div", "answers", keys)
    this.answers = Object.fromEntries(
      ANSWERS.map(([name, key, word]) => [name, button(name, answers, key, word, () => acts.answer(name))]),
    )
    const tools = element("div", "tools", keys)
    this.tools = {}
    for (const [name, key, word, what] of TOOLS) {
      if (review && !REVIEW_TOOLS.includes(name)) continue
      this.tools[name] = button("quiet", tools, key, word, acts[name])
      this.tools[name].title = what
    }
    this.stored = element("div", "stored", keys)
    this.live = element("div", "unseen", root)
    this.live.setAttribute("role", "status")
    this.live.setAttribute("aria-live", "polite")
    this.sheet = element("div", "sheet", root)
    this.sheet.hidden = true
    this.sheet.setAttribute("role", "region")
    this.sheet.setAttribute("aria-label", "Help")
    // A mouse that lies still over a clip must not mark it: outlines show where it points, not where it was left.
    this.onMove = () => root.classList.add("pointing")
    root.addEventListener("pointermove", this.onMove)
  }

  pane(side, acts) {
    const pane = element("div", `pane ${side}`, this.stage)
    const box = element("div", "box", pane)
    if (!this.review) box.onclick = () => acts.answer(side)
    element("div", "message", box)
    element("i", "", element("div", "line", pane))
    element("div", "score", pane)
    return pane
  }

  // A new pair is in view.
  turn(pair) {
    this.root.dataset.pair = pair.pair_id
    ;["left", "right"].forEach((side, n) => {
      this.boxes[n].classList.remove("late", "failed")
      this.panes[n].querySelector(".score").textContent = pair[side].score ?? ""
      this.panes[n].classList.toggle("picked", pair.answer === side)
    })
  }

  acknowledge(choice, number) {
    const chosen = choice === "tie" ? this.panes : this.panes.filter((pane) => pane.classList.contains(choice))
    const marked = [...chosen, this.answers[choice]]
    clearTimeout(this.fading)
    for (const node of [...this.panes, ...Object.values(this.answers)]) node.classList.remove("chosen")
    void this.stage.offsetWidth // so that the same answer twice flashes twice
    for (const node of marked) node.classList.add("chosen")
    this.fading = setTimeout(() => marked.forEach((node) => node.classList.remove("chosen")), FLASH_MS)
    this.say(`${ACKNOWLEDGED[choice]}. Pair ${number}.`)
  }

  say(text) {
    this.live.textContent = text
  }

  // A line that stays until it is closed, and is in nobody's way.
  tell(text, actions = []) {
    this.notice.replaceChildren()
    element("span", "", this.notice, text)
    for (const [word, act] of [...actions, ["Close", () => {}]]) {
      button("quiet", this.notice, "", word, () => { this.notice.hidden = true; act() })
    }
    this.notice.hidden = false
    this.say(text)
  }

  help({ question, guidelines }, close) {
    this.sheet.replaceChildren()
    element("div", "title", this.sheet, question)
    const columns = element("div", "columns", this.sheet)
    const list = element("ul", "", columns)
    for (const line of guidelines) element("li", "", list, line)
    const keys = element("dl", "", columns)
    const choices = [["← →", "the left or the right clip"], ["↑", "tie"], ["↓", "skip"]]
    for (const [key, what] of [...choices, ...TOOLS.map((tool) => [tool[1], tool[3]])]) {
      if (!key) continue
      element("kbd", "", element("dt", "", keys), key)
      element("dd", "", keys, what)
    }
    const closer = button("primary", this.sheet, "", "Go on", close)
    this.sheet.hidden = false
    this.sheet.scrollTop = 0
    closer.focus({ preventScroll: true })
  }

  playing(playing, rate) {
    this.tools.pause.querySelector(".word").textContent = playing ? "Pause" : "Play"
    this.tools.faster.querySelector(".word").textContent = `${rate}×`
  }

  progress(done, target, took, agreement) {
    this.count.replaceChildren()
    element("b", "", this.count, String(done))
    this.count.append(` of ${target}${pace(took, target - done)}${agreement ? ` · ${agreement}` : ""}`)
    this.bar.style.transform = `scaleX(${Math.min(1, done / target)})`
  }

  line(n, share) {
    this.lines[n].style.transform = `scaleX(${Math.min(1, Math.max(0, share)).toFixed(4)})`
  }

  end() {
    clearTimeout(this.fading)
    this.root.removeEventListener("pointermove", this.onMove)
    delete this.root.dataset.pair
    this.root.replaceChildren()
  }
}

// From the answers of late, in milliseconds each: how many come in a minute, and how long the rest takes.
function pace(took, left) {
  if (took.length < 3) return ""
  const middle = [...took].sort((a, b) => a - b)[took.length >> 1]
  const a_minute = 60_000 / Math.max(middle, 200)
  const rest = left > 0 ? ` · about ${Math.ceil(left / a_minute)} min left` : ""
  return ` · ${a_minute < 10 ? a_minute.toFixed(1) : Math.round(a_minute)} a minute${rest}`
}
