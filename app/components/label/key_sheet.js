// @ts-check
// Question, guidelines and keys, over the two clips.
import { element } from "../browser/element.js"

/** What is asked, how to answer, and what each key does. */
export class KeySheet {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.node = element("div", "sheet", parent)
    this.node.hidden = true
    this.node.setAttribute("role", "region")
    this.node.setAttribute("aria-label", "Help")
  }

  /**
   * @param {{ question: string, guidelines: string[], hint: string | null }} text
   * @param {string[][]} keys each a key and what it does
   * @param {() => void} close
   */
  open({ question, guidelines, hint }, keys, close) {
    this.node.replaceChildren()
    const card = element("div", "card wide", this.node)
    element("div", "title", card, question)
    const columns = element("div", "columns", card)
    const list = element("ul", "", columns)
    for (const line of guidelines) element("li", "", list, line)
    const table = element("dl", "", columns)
    for (const [key, what] of keys) {
      element("kbd", "", element("dt", "", table), key)
      element("dd", "", table, what)
    }
    if (hint) element("div", "foot", card, hint)
    const closer = element("button", "button primary", element("div", "actions", card))
    closer.type = "button"
    element("span", "word", closer, "Go on")
    closer.onclick = close
    this.node.hidden = false
    closer.focus({ preventScroll: true })
  }

  close() {
    this.node.hidden = true
  }
}
