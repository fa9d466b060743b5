// @ts-check
import { element } from "../../browser/element.js"
import { decisionWord } from "./loupe_state.js"

/** The line above the clip: the way back, what the clip is, and its place in the view. */
export class Head {
  /**
   * @param {Element} root
   * @param {{ leave: () => void, step: (by: number) => void }} wishes
   */
  constructor(root, { leave, step }) {
    const head = element("div", "head", root)
    const back = this.button(head, "button back", "Library", leave)
    back.setAttribute("aria-label", "Library") // without the arrow before it
    back.title = "Back to the Library (Esc)"
    const words = element("div", "words", head)
    this.title = element("h1", "title", words)
    this.below = element("span", "below", words)
    this.state = element("span", "state", head)
    const steps = element("div", "steps", head)
    this.previous = this.button(steps, "button icon", "‹", () => step(-1))
    this.count = element("span", "count", steps)
    this.next = this.button(steps, "button icon", "›", () => step(1))
    this.previous.setAttribute("aria-label", "Previous clip")
    this.next.setAttribute("aria-label", "Next clip")
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
    node.onclick = () => act()
    return node
  }

  /**
   * @param {import("./loupe_state.js").Card} card
   * @param {string} counted
   * @param {{ isFirst: boolean, isLast: boolean, hint: string }} place
   */
  draw(card, counted, { isFirst, isLast, hint }) {
    this.title.textContent = card.title
    this.title.title = card.hint
    this.below.textContent = [card.below, card.length, card.number].filter(Boolean).join(" · ")
    this.count.textContent = counted
    this.count.title = hint
    this.previous.disabled = isFirst
    this.next.disabled = isLast
  }

  /** @param {import("./loupe_state.js").Decision} decision */
  mark(decision) {
    this.state.className = `state ${decision ?? ""}`
    this.state.textContent = decision ? `${decision === "keep" ? "✓" : "✕"} ${decisionWord(decision)}` : ""
  }
}
