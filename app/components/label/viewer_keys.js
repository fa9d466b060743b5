// @ts-check
/** @typedef {import("./answer_log.js").Choice} Choice */
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
const WATCHING = { " ": "pause", f: "faster", r: "replay" }

/**
 * What a key does; null where it does nothing. Where a pair is only watched again, nothing can be answered.
 * @param {string} key as `keyName` gives it
 * @param {{ review: boolean, helpIsOpen: boolean }} state
 * @returns {Choice | Tool | null}
 */
export function actOfKey(key, { review, helpIsOpen }) {
  if (Object.hasOwn(WATCHING, key)) return WATCHING[key]
  if (review) return null
  if (key === "Escape") return helpIsOpen ? "help" : null
  return Object.hasOwn(LABELLING, key) ? LABELLING[key] : null
}
