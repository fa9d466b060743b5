// @ts-check
// What a search box offers: only what can work in this workspace.

/** @typedef {"narration" | "text"} Way among narrations, or in the picture by a model that knows text */

/**
 * @typedef {object} SearchData
 * @property {Way[]} ways that words can be searched in
 * @property {boolean} pictures whether a picture can be searched by
 * @property {string} value the words that the view is searched for
 * @property {Way | null} way how
 */

/**
 * How words are searched: as the view is, else as last time, else the first way that works.
 * @param {SearchData} data
 * @param {string | null} last
 * @returns {Way}
 */
export function wayOf({ ways, way }, last) {
  if (way) return way
  return ways.find((known) => known === last) ?? ways[0] ?? "narration"
}

/**
 * The way that is offered beside the usual one; null where there is only one.
 * @param {SearchData} data
 * @param {Way} way
 * @returns {Way | null}
 */
export function otherWay({ ways }, way) {
  return ways.find((known) => known !== way) ?? null
}

/** @param {SearchData} data */
export function placeholder({ ways, pictures }) {
  if (!ways.length) return pictures ? "Drop or paste a picture" : "Nothing to search by yet"
  const words = ways.length > 1 ? "Search" : ways[0] === "narration" ? "Search narrations" : "Search pictures by words"
  return pictures ? `${words}, or drop a picture` : words
}
