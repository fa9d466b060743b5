// @ts-check
import { element } from "../../browser/element.js"

/** @typedef {"" | "yes" | "no"} Answer */

/** @type {[Answer, string][]} */
const ANSWERS = [["", "Either"], ["yes", "Yes"], ["no", "No"]] // prettier-ignore

/** The yes-or-no filters, each as three chips of which one is pressed. */
export class FlagChips {
  /**
   * @param {Element} parent
   * @param {(name: string, answer: Answer) => void} onAnswer
   */
  constructor(parent, onAnswer) {
    this.node = element("div", "flags", parent)
    this.onAnswer = onAnswer
  }

  /** @param {Record<string, [string, string]>} flags each flag's words for yes and for no */
  build(flags) {
    this.node.replaceChildren()
    for (const [name, [yes]] of Object.entries(flags)) {
      const row = element("div", "flag", this.node)
      row.setAttribute("role", "group")
      row.dataset.flag = name
      const title = yes.replace(/^has an? /, "").replace(/^./, (letter) => letter.toUpperCase())
      row.setAttribute("aria-label", title)
      element("span", "title", row, title)
      const chips = element("span", "chips", row)
      for (const [answer, word] of ANSWERS) {
        const chip = element("button", "chip", chips, word)
        chip.dataset.answer = answer
        chip.onclick = () => this.onAnswer(name, answer)
      }
    }
  }

  /**
   * @param {(name: string) => Answer} answerOf
   * @param {Record<string, [yes: number, no: number]>} counts
   */
  update(answerOf, counts) {
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.node.querySelectorAll(".flag"))) {
      const name = String(row.dataset.flag)
      const [yes, no] = counts[name] ?? [0, 0]
      for (const chip of row.querySelectorAll("button")) {
        const { answer } = chip.dataset
        chip.setAttribute("aria-pressed", String(answerOf(name) === answer))
        const many = answer === "yes" ? yes : answer === "no" ? no : yes + no
        chip.title = `${many.toLocaleString("en")} clips`
      }
    }
  }
}
