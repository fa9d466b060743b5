// @ts-check
// What a sitting ends with: what was done in what time, and what may come next.
import { element } from "../browser/element.js"
import { lasted } from "./pace.js"

/** @typedef {"train" | "more" | "statistics" | "leave"} Next */

/**
 * @typedef {object} Ending
 * @property {number} done
 * @property {number} spent_ms
 * @property {number} more how many pairs "more" adds
 * @property {boolean} exhausted no pair is left
 * @property {boolean} measured whether a reward could be trained on the clips' features
 */

/** @type {Record<Next, string>} */
export const NEXT_KEYS = { train: "T", more: "M", statistics: "W", leave: "L" }

/**
 * The words of the card.
 * @param {Ending} ending
 */
export function endWords({ done, spent_ms, more, exhausted, measured }) {
  const count = `${done} labelled${spent_ms > 0 ? ` in ${lasted(spent_ms)}` : ""}`
  const all = "Every pair of these clips has been asked."
  const toMeasure = "A reward learns from measurements: extract features before you train."
  const text = [exhausted ? all : "", measured || !done ? "" : toMeasure].filter(Boolean).join(" ")
  /** @type {[next: Next, word: string][]} in the order of use, the first one drawn as the one to take */
  const actions = []
  if (done) actions.push(["train", "Train now"])
  if (!exhausted) actions.push(["more", `${more} more`])
  if (done) actions.push(["statistics", "What they say"])
  actions.push(["leave", "Leave"])
  if (!measured && !exhausted && done) actions.unshift(...actions.splice(1, 1))
  return { title: done ? count : all, text: done ? text : "", actions }
}

/** The card over the stage. */
export class EndCard {
  /**
   * @param {HTMLElement} parent
   * @param {Record<Next, () => void>} acts
   */
  constructor(parent, acts) {
    this.acts = acts
    this.node = element("div", "ending", parent)
    this.node.hidden = true
  }

  /**
   * @param {Ending} ending
   * @returns {string} what to tell somebody who hears the page
   */
  show(ending) {
    const { title, text, actions } = endWords(ending)
    this.node.replaceChildren()
    const card = element("div", "card", this.node)
    card.tabIndex = -1
    card.setAttribute("role", "group")
    card.setAttribute("aria-label", title)
    element("div", "title", card, title)
    if (text) element("div", "text", card, text)
    const row = element("div", "actions", card)
    actions.forEach(([next, word], n) => {
      const button = element("button", n ? "button" : "button primary", row)
      button.type = "button"
      element("kbd", "", button, NEXT_KEYS[next]).setAttribute("aria-hidden", "true")
      element("span", "word", button, word)
      button.onclick = this.acts[next]
    })
    if (ending.done) element("div", "foot", card, "Z takes the last answer back")
    this.node.hidden = false
    // Not its first button: Space and Enter of somebody who is still labelling must not leave the page.
    card.focus({ preventScroll: true })
    return [title, text].filter(Boolean).join(". ")
  }

  hide() {
    this.node.hidden = true
  }
}
