// @ts-check
import { element } from "../../browser/element.js"

/** @typedef {{ value: string, passing: number, everything: number }} ListCount */
/** @typedef {"" | "yes" | "no"} Choice */

const SEARCHED_FROM = 8
const MOST_SHOWN = 60

/** A list of values with their clips; each can be chosen, tags also forbidden. */
export class ListFilter {
  /**
   * @param {Element} parent
   * @param {string} title
   * @param {(value: string) => string} nameOf
   * @param {(value: string) => Choice} choiceOf
   * @param {(value: string) => void} turn
   */
  constructor(parent, title, nameOf, choiceOf, turn) {
    this.nameOf = nameOf
    this.choiceOf = choiceOf
    this.turn = turn
    /** @type {ListCount[]} */
    this.counts = []
    this.node = element("details", "group", parent)
    this.summary = element("summary", "", this.node, title)
    this.search = element("input", "find", this.node)
    this.search.type = "search"
    this.search.placeholder = `Find among ${title.toLowerCase()}`
    this.search.setAttribute("aria-label", this.search.placeholder)
    this.search.oninput = () => this.draw()
    this.rows = element("div", "rows", this.node)
  }

  /** @param {ListCount[]} counts */
  update(counts) {
    this.counts = counts
    this.node.hidden = !counts.length
    this.search.hidden = counts.length < SEARCHED_FROM
    this.draw()
  }

  draw() {
    const focused = /** @type {ShadowRoot} */ (this.rows.getRootNode()).activeElement?.getAttribute("data-value")
    const wanted = this.search.value.trim().toLowerCase()
    const top = Math.max(1, ...this.counts.map(({ everything }) => everything))
    const found = this.counts.filter(({ value }) => this.nameOf(value).toLowerCase().includes(wanted))
    const order = ["yes", "no", ""]
    found.sort(
      (a, b) =>
        order.indexOf(this.choiceOf(a.value)) - order.indexOf(this.choiceOf(b.value)) ||
        b.everything - a.everything ||
        this.nameOf(a.value).localeCompare(this.nameOf(b.value)),
    )
    this.rows.replaceChildren()
    for (const { value, passing, everything } of found.slice(0, MOST_SHOWN)) {
      const choice = this.choiceOf(value)
      const row = element("button", `row ${choice}`, this.rows)
      row.dataset.value = value
      row.setAttribute("aria-pressed", choice === "yes" ? "true" : choice === "no" ? "mixed" : "false")
      row.setAttribute(
        "aria-label",
        `${choice === "no" ? "without " : ""}${this.nameOf(value)}, ${passing.toLocaleString("en")} ${passing === 1 ? "clip" : "clips"}`,
      )
      row.style.setProperty("--all", `${(100 * everything) / top}%`)
      row.style.setProperty("--now", `${(100 * passing) / top}%`)
      element("span", "mark", row, choice === "yes" ? "✓" : choice === "no" ? "–" : "").ariaHidden = "true"
      const name = element("span", "name", row, this.nameOf(value))
      name.title = this.nameOf(value)
      row.append(" ")
      element("span", "many", row, passing.toLocaleString("en"))
      row.onclick = () => this.turn(value)
      if (value === focused) row.focus()
    }
    if (found.length > MOST_SHOWN) element("div", "none", this.rows, `${found.length - MOST_SHOWN} more: search`)
    else if (!found.length) element("div", "none", this.rows, "None of that name")
  }
}
