// @ts-check
/** @typedef {import("./answer_log.js").Choice} Choice */
/** @typedef {import("./end_card.js").Next} Next */
/** @typedef {"undo" | "pause" | "faster" | "replay" | "help" | "full"} Tool */

/** @type {Record<string, Choice | Tool>} */
const LABELLING = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "tie",
  ArrowDown: "skip",
  z: "undo",
  "?": "help",
}
/** @type {Record<string, Tool>} */
const WATCHING = { " ": "pause", s: "faster", r: "replay", f: "full" }
/** @type {Record<string, Next | Tool>} */
const ENDED = { t: "train", m: "more", w: "statistics", l: "leave", z: "undo", f: "full" }

/**
 * What a key does; null where it does nothing. Where a pair is only watched again, nothing can be answered.
 * @param {string} key as `keyName` gives it
 * @param {{ review: boolean, helpIsOpen: boolean, isOver: boolean }} state
 * @returns {Choice | Tool | Next | null}
 */
export function actOfKey(key, { review, helpIsOpen, isOver }) {
  if (isOver) return Object.hasOwn(ENDED, key) ? ENDED[key] : null
  if (Object.hasOwn(WATCHING, key)) return WATCHING[key]
  if (review) return null
  if (key === "Escape") return helpIsOpen ? "help" : null
  return Object.hasOwn(LABELLING, key) ? LABELLING[key] : null
}
