// @ts-check
import { element } from "../browser/element.js"
import { scrub } from "./scrub.js"

/** @typedef {"keep" | "drop" | null} Decision */

/**
 * @typedef {object} Card one clip's data, as `card.py` sends it
 * @property {string} id
 * @property {string} title
 * @property {string} below
 * @property {string} length
 * @property {string} number with its name and unit; empty where there is none
 * @property {string} hint
 * @property {string | null} thumbnail
 * @property {number} aspect
 * @property {import("./scrub.js").Sprite | null} sprite
 * @property {Decision} decision
 * @property {string[]} tags
 */

/**
 * @typedef {object} CardState
 * @property {Decision} decision
 * @property {boolean} current
 * @property {boolean} selected
 */

/** A card's own shape; pictures of another one stand on a blurred fill of the same frame. */
export const CARD_ASPECT = 16 / 9
const NEARLY = 0.03

/**
 * What a screen reader says of a card.
 * @param {Card} card
 * @param {Decision} decision
 */
export function cardLabel(card, decision) {
  const said = [card.title, card.below, card.length, card.number, decision ?? "undecided"]
  return said.filter((part) => part).join(", ")
}

/**
 * Whether a picture would be cut where it covers the card.
 * @param {number} aspect
 */
export function isCut(aspect) {
  return Math.abs(aspect / CARD_ASPECT - 1) > NEARLY
}

/** One clip's card on the page, the same on every wall. Without data it holds its place. */
export class CardView {
  /**
   * @param {HTMLElement} parent
   * @param {"option" | "button"} role
   */
  constructor(parent, role) {
    this.node = element("div", "card waiting", parent)
    this.node.setAttribute("role", role)
    this.node.tabIndex = -1
    this.role = role
    // Words come first, as they are read out; the picture stands above them. Blanks part them, which nobody sees: who
    // says what stands on a card to a computer that listens names it as its label does.
    this.title = element("div", "title", this.node)
    this.node.append(" ")
    this.below = element("div", "below", this.node)
    this.node.append(" ")
    this.picture = element("div", "picture", this.node)
    /** @type {HTMLElement} */
    this.badge = this.picture
    /** @type {Card | null} */
    this.card = null
    this.drawn = "null"
    this.state = ""
  }

  /**
   * Show a clip, or nothing yet. A card that shows it already stays as it is.
   * @param {Card | null} card
   * @param {CardState} state
   */
  show(card, state) {
    // A decision is a mark on the card, not a reason to draw it again.
    const drawn = JSON.stringify(card && { ...card, decision: null })
    if (drawn !== this.drawn) this.draw(card)
    this.drawn = drawn
    this.card = card
    this.mark(state)
  }

  /** @param {Card | null} card */
  draw(card) {
    const same = card !== null && this.card?.id === card.id && this.card.thumbnail === card.thumbnail
    this.node.classList.toggle("waiting", !card)
    this.title.textContent = card?.title ?? ""
    this.below.textContent = card ? card.below || "\u00a0" : ""
    this.node.title = card?.hint ?? ""
    this.state = ""
    if (!card) return
    // Its picture is not fetched again where only words changed.
    const pictures = same ? [...this.picture.querySelectorAll("img")] : this.pictures(card)
    this.node.onpointermove = null
    this.picture.replaceChildren(...pictures)
    if (card.sprite) scrub(this.node, this.picture, card.sprite)
    const foot = element("div", "foot", this.picture)
    element("span", "length", foot, card.length)
    foot.append(" ")
    if (card.number) element("span", "number", foot, card.number)
    this.picture.append(" ")
    this.badge = element("span", "decision", this.picture)
    element("span", "tick", this.picture)
    element("span", "ring", this.picture)
  }

  /** @param {Card} card */
  pictures(card) {
    if (!card.thumbnail) return []
    const kinds = isCut(card.aspect) ? ["fill", "frame"] : ["frame cover"]
    return kinds.map((kind) => {
      const image = document.createElement("img")
      image.className = kind
      image.alt = ""
      image.decoding = "async"
      image.draggable = false
      image.src = /** @type {string} */ (card.thumbnail)
      return image
    })
  }

  /** @param {CardState} state */
  mark(state) {
    const text = JSON.stringify(state)
    if (text === this.state || !this.card) return
    this.state = text
    const { decision, current, selected } = state
    this.node.classList.toggle("current", current)
    this.node.classList.toggle("selected", selected)
    this.node.classList.toggle("dropped", decision === "drop")
    if (this.role === "option") this.node.setAttribute("aria-selected", String(selected))
    this.node.setAttribute("aria-label", cardLabel(this.card, decision))
    this.badge.hidden = !decision
    this.badge.className = `decision ${decision ?? ""}`
    this.badge.textContent = decision ?? ""
  }

  /** Take it off the page; a picture that is still on its way gives its connection back. */
  remove() {
    for (const image of this.picture.querySelectorAll("img")) image.removeAttribute("src")
    this.node.remove()
  }
}
