// @ts-check
import { element } from "../../browser/element.js"

/** @typedef {import("./loupe_state.js").Clip} Clip */
/** @typedef {import("./loupe_state.js").Decision} Decision */

/** The neighbours' pictures in the view's order. A click goes to one. */
export class Strip {
  /**
   * @param {Element} parent
   * @param {(id: string) => void} open
   */
  constructor(parent, open) {
    this.root = element("div", "strip", parent)
    this.root.setAttribute("role", "listbox")
    this.root.setAttribute("aria-label", "Neighbours in this view")
    this.row = element("div", "row", this.root)
    this.open = open
    /** @type {Map<string, HTMLElement>} */
    this.nodes = new Map()
    // The line moves sideways under a wheel that only goes up and down.
    this.root.addEventListener(
      "wheel",
      (event) => {
        if (Math.abs(event.deltaY) <= Math.abs(event.deltaX)) return
        event.preventDefault()
        this.root.scrollLeft += event.deltaY
      },
      { passive: false },
    )
  }

  /**
   * @param {Clip[]} clips
   * @param {number} first the place of the first of them
   */
  draw(clips, first) {
    const known = this.nodes
    this.nodes = new Map()
    clips.forEach(({ card }, n) => {
      const node = known.get(card.id) ?? this.make(card)
      node.setAttribute("aria-posinset", String(first + n + 1))
      this.nodes.set(card.id, node)
    })
    this.row.replaceChildren(...this.nodes.values())
  }

  /** @param {import("./loupe_state.js").Card} card */
  make(card) {
    const node = document.createElement("button")
    node.className = "neighbour"
    node.type = "button"
    node.tabIndex = -1
    node.setAttribute("role", "option")
    node.title = card.hint
    if (card.thumbnail) node.style.backgroundImage = `url("${card.thumbnail}")`
    element("span", "mark", node).setAttribute("aria-hidden", "true")
    node.onclick = () => {
      this.open(card.id)
      node.blur()
    }
    return node
  }

  /**
   * Mark the clip in view and what was decided about each, and bring that clip to the middle.
   * @param {Clip[]} clips
   * @param {string} current
   * @param {(clip: Clip) => Decision} decisionOf
   */
  mark(clips, current, decisionOf) {
    for (const clip of clips) {
      const node = this.nodes.get(clip.card.id)
      if (!node) continue
      const decision = decisionOf(clip)
      node.classList.toggle("current", clip.card.id === current)
      node.classList.toggle("dropped", decision === "drop")
      node.setAttribute("aria-selected", String(clip.card.id === current))
      node.setAttribute("aria-label", `${clip.card.title}, ${decision ?? "undecided"}`)
      const mark = /** @type {HTMLElement} */ (node.firstElementChild)
      mark.className = `mark ${decision ?? ""}`
      mark.textContent = decision === "keep" ? "✓" : decision === "drop" ? "✕" : ""
    }
    const node = this.nodes.get(current)
    if (node) this.root.scrollLeft = node.offsetLeft + node.offsetWidth / 2 - this.root.clientWidth / 2
  }
}
