// @ts-check
// Which entries of the palette fit what was typed, best first.

/**
 * @typedef {object} Entry
 * @property {string} kind what it is: a page, a step, a view, a video, a clip
 * @property {string} title
 * @property {string} target what Python is told when it is chosen
 */

/**
 * How well a title fits: each typed word has to begin a word of it, or else stand in it. 0 is no fit.
 * @param {string} title
 * @param {string} typed
 */
export function fit(title, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const within = title.toLowerCase()
  let sum = 1
  for (const word of words) {
    const at = within.indexOf(word)
    if (at < 0) return 0
    const begins = at === 0 || new RegExp(`[^\\p{L}\\p{N}]${escaped(word)}`, "u").test(within)
    sum += (begins ? 2 : 1) + word.length / (1 + within.length)
  }
  return sum
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
}

/**
 * The entries that fit, best first; equally good ones in their own order.
 * @param {Entry[]} entries
 * @param {string} typed
 * @param {number} most
 */
export function fitting(entries, typed, most) {
  return entries
    .map((entry, place) => ({ entry, place, fit: fit(entry.title, typed) }))
    .filter((found) => found.fit > 0)
    .sort((one, two) => two.fit - one.fit || one.place - two.place)
    .slice(0, most)
    .map((found) => found.entry)
}
