// @ts-check
// What a person sees around two clips: question, progress, the keys as buttons, notices, help. It decides nothing.
import { element } from "../browser/element.js"
import { arrangement } from "./arrangement.js"
import { EndCard } from "./end_card.js"
import { KeySheet } from "./key_sheet.js"
import { pace, progressWords } from "./pace.js"
import { ANSWERS, TOOLS, button } from "./viewer_buttons.js"

/** @typedef {import("./answer_log.js").Choice} Choice */
/** @typedef {import("./end_card.js").Ending} Ending */
/** @typedef {import("./end_card.js").Next} Next */
/** @typedef {import("./pair_queue.js").Pair} Pair */
/** @typedef {import("./sitting_data.js").SittingData} SittingData */
/** @typedef {import("./viewer_keys.js").Tool} Tool */
/** @typedef {Record<Choice | Tool | Next, () => void>} Acts what the buttons do */

/** @type {Tool[]} */
const REVIEW_TOOLS = ["pause", "faster", "replay", "full"]
const ACKNOWLEDGED = { left: "Left", right: "Right", tie: "Tie", skip: "Skipped" }
const SIDES = { left: "Left clip", right: "Right clip" }
const UNMEASURED = "Pairs are random until features are extracted."
const FLASH_MS = 450

/** @param {number} count */
function answers(count) {
  return count === 1 ? "1 answer" : `${count} answers`
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
    root.classList.add(review ? "review" : "sitting")
    const top = element("div", "top", root)
    this.question = element("div", "question", top)
    this.stored = element("div", "stored", top)
    this.count = element("div", "count", top)
    this.who = element("div", "who", top)
    this.bar = element("i", "", element("div", "bar", root))
    this.stage = element("div", "stage", root)
    this.panes = [this.pane("left", review, acts), this.pane("right", review, acts)]
    this.boxes = this.panes.map((pane) => pane.box)
    this.empty = element("div", "empty", this.stage)
    this.notice = element("div", "notice", this.stage)
    this.notice.hidden = true
    this.sheet = new KeySheet(this.stage)
    this.ending = new EndCard(this.stage, acts)
    const keys = element("div", "keys", root)
    const before = element("div", "tools before", keys)
    const row = element("div", "answers", keys)
    const after = element("div", "tools after", keys)
    row.setAttribute("role", "group")
    row.setAttribute("aria-label", "Answer")
    const made = ANSWERS.map(([name, key, word]) => [name, button(name, row, key, word, acts[name]).node])
    this.answers = /** @type {Record<Choice, HTMLButtonElement>} */ (Object.fromEntries(made))
    /** @type {Partial<Record<Tool, ReturnType<typeof button>>>} */
    this.tools = {}
    for (const [name, key, word, what, place] of TOOLS) {
      if (review && !REVIEW_TOOLS.includes(name)) continue
      const tool = button("quiet", { before, after, top }[place], key, word, acts[name])
      tool.node.title = what
      this.tools[name] = tool
    }
    if (!review) button("quiet", top, "", "End sitting", acts.leave)
    this.live = element("div", "unseen", root)
    this.live.setAttribute("role", "status")
    this.live.setAttribute("aria-live", "polite")
    // A mouse that lies still over a clip must not mark it: outlines show where it points, not where it was left.
    this.onMove = () => root.classList.add("pointing")
    root.addEventListener("pointermove", this.onMove)
    this.fading = 0
    this.shape = 16 / 9
    this.sizes = new ResizeObserver(() => this.arrange())
    if (!review) this.sizes.observe(this.stage)
  }

  /** @param {number} shape width over height of most clips */
  setShape(shape) {
    this.shape = shape
    this.stage.style.setProperty("--shape", String(shape))
    this.arrange()
  }

  /** The two clips stand so that most of them is seen. */
  arrange() {
    const { clientWidth: width_px, clientHeight: height_px } = this.stage
    const gap_px = Number.parseFloat(getComputedStyle(this.stage).columnGap) || 0
    this.root.dataset.way = arrangement({ width_px, height_px, gap_px }, this.shape)
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
    box.setAttribute("role", "img")
    box.setAttribute("aria-label", SIDES[side])
    element("div", "message", box)
    const line = element("i", "", element("div", "line", box))
    const score = element("div", "score", box)
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
      const seconds = (pair[side].end_s - pair[side].start_s).toFixed(1)
      const chosen = pair.answer === side ? ", chosen before" : ""
      box.setAttribute("aria-label", `${SIDES[side]}, ${seconds} seconds${chosen}`)
    }
    for (const [choice, node] of Object.entries(this.answers)) {
      node.setAttribute("aria-pressed", String(pair.answer === choice))
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
    this.say(`${ACKNOWLEDGED[choice]}. ${number} labelled.`)
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
    this.stored.title = this.stored.textContent
  }

  /**
   * Say what is being waited for, where no pair is in view.
   * @param {{ pairs: Pair[] | null }} sitting
   */
  coming({ pairs }) {
    this.empty.textContent = pairs === null ? "Getting the first pairs…" : "Choosing the next pairs…"
  }

  /** @param {SittingData} sitting */
  head({ question, annotator, about, measured }) {
    this.question.textContent = question
    this.question.title = question
    this.who.textContent = [annotator, about, measured ? "" : "random pairs"].filter(Boolean).join(" · ")
    this.who.title = measured ? "" : UNMEASURED
  }

  /** @param {Ending} ending */
  finish(ending) {
    this.say(this.ending.show(ending))
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
    const { undo, ...others } = this.tools
    if (undo) undo.node.disabled = !canUndo
    for (const tool of [others.pause, others.replay, others.help]) if (tool) tool.node.disabled = !canAnswer
  }

  /**
   * @param {SittingData} sitting
   * @param {() => void} close
   */
  help({ question, guidelines, measured }, close) {
    const choices = [
      ["← →", "the left or the right clip"],
      ["↑", "tie: after watching both twice you can’t decide"],
      ["↓", "skip: one of them can’t be judged"],
    ]
    const keys = [...choices, ...TOOLS.map((tool) => [tool[1], tool[3]])]
    this.sheet.open({ question, guidelines, hint: measured ? null : UNMEASURED }, keys, close)
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
    const [number, ...rest] = progressWords(done, target).split(" ")
    this.count.replaceChildren()
    element("b", "", this.count, number)
    this.count.append(` ${rest.join(" ")}${pace(took, target - done)}`)
    element("span", "agreement", this.count, agreement ? ` · ${agreement}` : "")
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
    this.sizes.disconnect()
    this.root.removeEventListener("pointermove", this.onMove)
    delete this.root.dataset.pair
    this.root.replaceChildren()
  }
}
