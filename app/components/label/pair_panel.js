// @ts-check
// What a person sees around two clips: question, progress, the keys as buttons, notices, help. It decides nothing.
import { element } from "../browser/element.js"
import { pace } from "./pace.js"

/** @typedef {import("./answer_log.js").Choice} Choice */
/** @typedef {import("./pair_queue.js").Pair} Pair */
/** @typedef {import("./viewer_keys.js").Tool} Tool */
/** @typedef {Record<Choice | Tool, () => void>} Acts what the buttons do */

/** @type {[choice: Choice, key: string, word: string][]} */
const ANSWERS = [
  ["left", "←", "Left"],
  ["tie", "↑", "Tie"],
  ["skip", "↓", "Skip"],
  ["right", "→", "Right"],
]
/** @type {[tool: Tool, key: string, word: string, what: string][]} */
const TOOLS = [
  ["undo", "Z", "Undo", "take the last answer back, as often as you like"],
  ["pause", "Space", "Pause", "pause or play"],
  ["faster", "F", "1×", "speed: 1×, 1.5×, 2×"],
  ["replay", "R", "Replay", "both from the start"],
  ["help", "?", "Help", "question, guidelines, keys"],
  ["full", "", "Full screen", "the two clips fill the screen"],
]
/** @type {Tool[]} */
const REVIEW_TOOLS = ["pause", "faster", "replay"]
const ACKNOWLEDGED = { left: "Left", right: "Right", tie: "Tie", skip: "Skipped" }
const ALL_ASKED = "Every pair of these clips has been asked. Add clips, or end the sitting."
const FLASH_MS = 450

/** @param {number} count */
function answers(count) {
  return count === 1 ? "1 answer" : `${count} answers`
}

/**
 * @param {string} className
 * @param {Element} parent
 * @param {string} key
 * @param {string} text
 * @param {() => void} act
 */
function button(className, parent, key, text, act) {
  const node = element("button", `button ${className}`, parent)
  node.type = "button"
  if (key) element("kbd", "", node, key).setAttribute("aria-hidden", "true")
  const word = element("span", "word", node, text)
  node.onclick = (event) => {
    if (event.detail) node.blur() // after a click of the mouse, Space is for the clips again
    act()
  }
  return { node, word }
}

/** Two clips' places and all around them. */
export class Panel {
  /**
   * @param {HTMLElement} root
   * @param {boolean} review
   * @param {Acts} acts
   */
  constructor(root, review, acts) {
    this.root = root
    root.tabIndex = -1
    root.classList.toggle("review", review)
    const top = element("div", "top", root)
    this.question = element("div", "question", top)
    this.count = element("div", "count", top)
    this.bar = element("i", "", element("div", "bar", root))
    this.notice = element("div", "notice", root)
    this.notice.hidden = true
    this.stage = element("div", "stage", root)
    this.panes = [this.pane("left", review, acts), this.pane("right", review, acts)]
    this.boxes = this.panes.map((pane) => pane.box)
    this.empty = element("div", "empty", this.stage)
    const keys = element("div", "keys", root)
    const row = element("div", "answers", keys)
    const made = ANSWERS.map(([name, key, word]) => [name, button(name, row, key, word, acts[name]).node])
    this.answers = /** @type {Record<Choice, HTMLButtonElement>} */ (Object.fromEntries(made))
    const tools = element("div", "tools", keys)
    /** @type {Partial<Record<Tool, ReturnType<typeof button>>>} */
    this.tools = {}
    for (const [name, key, word, what] of TOOLS) {
      if (review && !REVIEW_TOOLS.includes(name)) continue
      const tool = button("quiet", tools, key, word, acts[name])
      tool.node.title = what
      this.tools[name] = tool
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
    this.fading = 0
  }

  /**
   * @param {"left" | "right"} side
   * @param {boolean} review
   * @param {Acts} acts
   */
  pane(side, review, acts) {
    const node = element("div", `pane ${side}`, this.stage)
    const box = element("div", "box", node)
    if (!review) box.onclick = acts[side]
    element("div", "message", box)
    const line = element("i", "", element("div", "line", node))
    const score = element("div", "score", node)
    return { side, node, box, line, score }
  }

  /**
   * A new pair is in view.
   * @param {Pair} pair
   */
  turn(pair) {
    this.root.dataset.pair = pair.pair_id
    for (const { side, node, box, score } of this.panes) {
      box.classList.remove("late", "failed")
      score.textContent = pair[side].score ?? ""
      node.classList.toggle("picked", pair.answer === side)
    }
  }

  /**
   * @param {Choice} choice
   * @param {number} number how many pairs are answered with this one
   */
  acknowledge(choice, number) {
    const chosen = this.panes.filter(({ side }) => choice === "tie" || choice === side)
    const marked = [...chosen.map(({ node }) => node), this.answers[choice]]
    clearTimeout(this.fading)
    for (const { node } of this.panes) node.classList.remove("chosen")
    for (const node of Object.values(this.answers)) node.classList.remove("chosen")
    void this.stage.offsetWidth // so that the same answer twice flashes twice
    for (const node of marked) node.classList.add("chosen")
    this.fading = window.setTimeout(() => marked.forEach((node) => node.classList.remove("chosen")), FLASH_MS)
    this.say(`${ACKNOWLEDGED[choice]}. Pair ${number}.`)
  }

  /** @param {string} text for whoever hears the page */
  say(text) {
    this.live.textContent = text
  }

  /**
   * A line that stays until it is closed, and is in nobody's way.
   * @param {string} text
   * @param {[word: string, act: () => void][]} [actions]
   */
  tell(text, actions = []) {
    this.notice.replaceChildren()
    element("span", "", this.notice, text)
    /** @type {typeof actions} */
    const all = [...actions, ["Close", () => {}]]
    for (const [word, act] of all) {
      button("quiet", this.notice, "", word, () => {
        this.notice.hidden = true
        act()
      })
    }
    this.notice.hidden = false
    this.say(text)
  }

  /** @param {number} target */
  tellTarget(target) {
    this.tell(`${target} pairs: that was the target. Stop here, or go on as long as you like.`)
  }

  /**
   * @param {number} minutes
   * @param {() => void} pause
   */
  tellToRest(minutes, pause) {
    this.tell(`You have been at it for ${minutes} minutes. Look away for a moment.`, [["Pause", pause]])
  }

  /** @param {number} count */
  tellRefused(count) {
    this.tell(`${answers(count)} of an earlier sitting can't be stored: this workspace does not know the pairs.`)
  }

  /**
   * Say how many answers the app has not taken for a while, and why.
   * @param {number} count
   * @param {string | null} error
   */
  kept(count, error) {
    const text = `${answers(count)} kept in this browser until the app takes them`
    this.stored.textContent = count ? [text, error].filter(Boolean).join(": ") : ""
    this.stored.classList.toggle("late", count > 0)
  }

  /**
   * Say what is being waited for, where no pair is in view.
   * @param {{ exhausted: boolean, pairs: Pair[] | null }} sitting
   */
  coming({ exhausted, pairs }) {
    const coming = pairs === null ? "Getting the first pairs…" : "Choosing the next pairs…"
    this.empty.textContent = exhausted ? ALL_ASKED : coming
  }

  full() {
    if (document.fullscreenElement) document.exitFullscreen()
    else this.root.requestFullscreen?.().catch(() => {})
  }

  /**
   * @param {boolean} canAnswer
   * @param {boolean} canUndo
   */
  enable(canAnswer, canUndo) {
    for (const node of Object.values(this.answers)) node.disabled = !canAnswer
    if (this.tools.undo) this.tools.undo.node.disabled = !canUndo
  }

  /**
   * @param {{ question: string, guidelines: string[] }} text
   * @param {() => void} close
   */
  help({ question, guidelines }, close) {
    this.sheet.replaceChildren()
    element("div", "title", this.sheet, question)
    const columns = element("div", "columns", this.sheet)
    const list = element("ul", "", columns)
    for (const line of guidelines) element("li", "", list, line)
    const keys = element("dl", "", columns)
    const choices = [
      ["← →", "the left or the right clip"],
      ["↑", "tie"],
      ["↓", "skip"],
    ]
    for (const [key, what] of [...choices, ...TOOLS.map((tool) => [tool[1], tool[3]])]) {
      if (!key) continue
      element("kbd", "", element("dt", "", keys), key)
      element("dd", "", keys, what)
    }
    const closer = button("primary", this.sheet, "", "Go on", close)
    this.sheet.hidden = false
    this.sheet.scrollTop = 0
    closer.node.focus({ preventScroll: true })
  }

  /**
   * @param {boolean} playing
   * @param {number} rate
   */
  playing(playing, rate) {
    const { pause, faster } = this.tools
    if (pause) pause.word.textContent = playing ? "Pause" : "Play"
    if (faster) faster.word.textContent = `${rate}×`
  }

  /**
   * @param {number} done
   * @param {number} target
   * @param {number[]} took
   * @param {string | null} agreement
   */
  progress(done, target, took, agreement) {
    this.count.replaceChildren()
    element("b", "", this.count, String(done))
    this.count.append(` of ${target}${pace(took, target - done)}${agreement ? ` · ${agreement}` : ""}`)
    this.bar.style.transform = `scaleX(${Math.min(1, done / target)})`
  }

  /**
   * How far one of the two clips has played.
   * @param {number} n
   * @param {number} share
   */
  line(n, share) {
    this.panes[n].line.style.transform = `scaleX(${Math.min(1, Math.max(0, share)).toFixed(4)})`
  }

  end() {
    clearTimeout(this.fading)
    this.root.removeEventListener("pointermove", this.onMove)
    delete this.root.dataset.pair
    this.root.replaceChildren()
  }
}
