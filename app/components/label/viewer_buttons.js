// @ts-check
// What can be pressed around two clips, each with its key.
import { element } from "../browser/element.js"

/** @typedef {import("./answer_log.js").Choice} Choice */
/** @typedef {import("./viewer_keys.js").Tool} Tool */

/** @type {[choice: Choice, key: string, word: string][]} */
export const ANSWERS = [
  ["left", "←", "Left"],
  ["tie", "↑", "Tie"],
  ["skip", "↓", "Skip"],
  ["right", "→", "Right"],
]
/** @type {[tool: Tool, key: string, word: string, what: string, place: "before" | "after" | "top"][]} */
export const TOOLS = [
  ["undo", "Z", "Undo", "take the last answer back, as often as you like", "before"],
  ["pause", "Space", "Pause", "pause or play", "before"],
  ["faster", "S", "1×", "speed: 1×, 1.5×, 2×", "after"],
  ["replay", "R", "Replay", "both from the start", "after"],
  ["full", "F", "Full screen", "the two clips fill the screen; Esc ends it", "after"],
  ["help", "?", "Keys", "question, guidelines, keys", "top"],
]
/**
 * @param {string} className
 * @param {Element} parent
 * @param {string} key
 * @param {string} text
 * @param {() => void} act
 */
export function button(className, parent, key, text, act) {
  const node = element("button", `button ${className}`, parent)
  node.type = "button"
  if (key) element("kbd", "", node, key).setAttribute("aria-hidden", "true")
  const word = element("span", "word", node, text)
  node.onclick = (event) => {
    if (event.detail) node.blur() // after a click of the mouse, Space is for the clips again
    act()
  }
  return { node, word }
}
