// @ts-check
import { element } from "../browser/element.js"

const LONGEST_TAG = 60

/**
 * Ask for a tag on top of a card's picture.
 * @param {Element} picture
 * @param {string[]} known tags to choose from
 * @param {object} then
 * @param {(tag: string) => void} then.take called with what was typed
 * @param {() => void} then.gone called when the line is gone
 * @param {() => void} then.closed called when a key closed it, after `gone`
 */
export function tagLine(picture, known, { take, gone, closed }) {
  const line = element("div", "tagline", picture)
  const input = element("input", "", line)
  input.placeholder = "Tag, then Enter"
  input.setAttribute("aria-label", "Tag")
  input.setAttribute("list", "wall-tags")
  const list = element("datalist", "", line)
  list.id = "wall-tags"
  for (const tag of known) element("option", "", list).value = tag
  const remove = () => {
    line.remove()
    gone()
  }
  const close = () => {
    remove()
    closed()
  }
  line.onclick = (event) => event.stopPropagation()
  input.onkeydown = (event) => {
    event.stopPropagation()
    if (event.key === "Escape") close()
    if (event.key !== "Enter") return
    event.preventDefault()
    const tag = input.value.trim().slice(0, LONGEST_TAG)
    close()
    if (tag) take(tag)
  }
  input.onkeyup = (event) => event.stopPropagation()
  input.onblur = () => setTimeout(() => line.isConnected && remove(), 120)
  input.focus()
}
