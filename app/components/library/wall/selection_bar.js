// @ts-check
import { element } from "../../browser/element.js"
import { tagLine } from "../../clips/tag_line.js"

/** @typedef {"keep" | "drop" | "label" | "compare" | "export" | "clear" | "extract" | "only"} BarAction */

/** @typedef {import("./wall_hands.js").WallHands} WallHands */

/** @type {[BarAction | "tag", string, string][]} what a button does, its sign and word, its key */
const BUTTONS = [
  ["keep", "✓ Keep", "K"],
  ["drop", "✕ Drop", "D"],
  ["tag", "Tag", "T"],
  ["label", "Label these", ""],
  ["compare", "Compare", ""],
  ["export", "Export", ""],
]
export const COMPARED = { least: 2, most: 4 }

/** What can be done to the selected clips, at the bottom of the window while any are selected. */
export class SelectionBar {
  /**
   * @param {HTMLElement} root
   * @param {WallHands} hands
   */
  constructor(root, hands) {
    this.hands = hands
    /** @type {string[]} */
    this.tags = []
    this.node = element("div", "bar", root)
    this.node.hidden = true
    this.node.setAttribute("role", "toolbar")
    this.count = element("span", "count", this.node)
    /** @type {Map<string, HTMLButtonElement>} */
    this.buttons = new Map()
    for (const [action, word, key] of BUTTONS) {
      const run = action === "tag" ? () => this.askTag() : () => this.hands.onBar(action)
      this.buttons.set(action, this.button(word, run, action))
      if (key) /** @type {HTMLElement} */ (this.buttons.get(action)).title = `Key ${key}`
    }
    this.more = this.button("⋯", () => this.toggleMenu(), "more")
    this.more.setAttribute("aria-label", "More actions")
    this.more.setAttribute("aria-haspopup", "menu")
    this.button("Clear", () => this.hands.onBar("clear"), "clear").title = "Key Esc"
    this.menu = element("div", "menu", this.node)
    this.menu.setAttribute("role", "menu")
    this.menu.onkeydown = (event) => this.menuKey(event)
    this.menu.addEventListener("focusout", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && this.menu.contains(relatedTarget))) this.closeMenu()
    })
    this.closeMenu()
  }

  /**
   * @param {string} word
   * @param {() => void} run
   * @param {string} kind
   */
  button(word, run, kind) {
    const button = element("button", kind, this.node, word)
    button.type = "button"
    button.onclick = run
    return button
  }

  /**
   * @param {number} count
   * @param {number} total
   * @param {string[]} tags that clips have
   */
  show(count, total, tags) {
    this.tags = tags
    this.node.hidden = !count
    const whole = count === total && count > 1
    const text = whole ? `All ${count.toLocaleString("en")} selected` : `${count.toLocaleString("en")} selected`
    if (this.count.textContent !== text) this.count.textContent = text
    this.node.setAttribute("aria-label", text)
    const compare = /** @type {HTMLButtonElement} */ (this.buttons.get("compare"))
    compare.disabled = count < COMPARED.least || count > COMPARED.most
    compare.title = compare.disabled ? `Select ${COMPARED.least} to ${COMPARED.most} clips to compare them` : ""
    if (!count) this.closeMenu()
  }

  askTag() {
    if (this.node.querySelector(".tagline")) return
    tagLine(this.node, this.tags, {
      take: (tag) => this.hands.onSelected({ tag }, `Tagged ${tag}`),
      gone: () => {},
      closed: () => this.hands.focus(),
    })
  }

  toggleMenu() {
    if (!this.menu.hidden) return this.closeMenu()
    this.menu.replaceChildren()
    this.item("Show only these", () => this.hands.onBar("only"))
    this.item("Extract features", () => this.hands.onBar("extract"))
    for (const tag of this.tags)
      this.item(`Remove tag “${tag}”`, () => this.hands.onSelected({ untag: tag }, `Removed the tag ${tag}`))
    this.menu.hidden = false
    this.more.setAttribute("aria-expanded", "true")
    this.menu.querySelector("button")?.focus()
  }

  /**
   * @param {string} word
   * @param {() => void} run
   */
  item(word, run) {
    const item = element("button", "item", this.menu, word)
    item.type = "button"
    item.tabIndex = -1
    item.setAttribute("role", "menuitem")
    item.onclick = () => {
      this.closeMenu()
      run()
    }
  }

  closeMenu() {
    this.menu.hidden = true
    this.more.setAttribute("aria-expanded", "false")
  }

  /** @param {KeyboardEvent} event */
  menuKey(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.menu.children])
    const at = items.findIndex((item) => item.matches(":focus"))
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) items[(at + step + items.length) % items.length]?.focus()
    else if (event.key === "Escape") {
      this.closeMenu()
      this.more.focus()
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
}
