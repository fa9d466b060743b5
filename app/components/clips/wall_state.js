// @ts-check
// What a wall of clips shows, told by its cards and by what the browser has sent and has no answer to yet.

/**
 * @typedef {object} Card
 * @property {string} id
 * @property {string} title
 * @property {string} below
 * @property {string} length
 * @property {string} score
 * @property {string} hint
 * @property {string | null} thumbnail
 * @property {import("./scrub.js").Sprite | null} sprite
 * @property {Decision} decision
 */

/** @typedef {"keep" | "drop" | null} Decision */

/**
 * @typedef {object} Action what a person did, once: `id` lets it be sent again without being done again
 * @property {string} id
 * @property {string} [clip_id]
 * @property {Decision} [decision]
 * @property {string} [tag]
 * @property {true} [undo]
 */

/**
 * The actions that the app has not confirmed: they are sent again.
 * @param {Action[]} waiting
 * @param {string[]} acknowledged
 */
export function unconfirmed(waiting, acknowledged) {
  const done = new Set(acknowledged)
  return waiting.filter((action) => !done.has(action.id))
}

/**
 * Each card's decision, those included that are on their way.
 * @param {Card[]} cards
 * @param {Action[]} waiting
 */
export function decisionsOf(cards, waiting) {
  const decisions = cards.map((card) => card.decision)
  for (const action of waiting) {
    const place = cards.findIndex((card) => card.id === action.clip_id)
    if (place >= 0 && action.decision !== undefined) decisions[place] = action.decision
  }
  return decisions
}

/**
 * The place of the marked clip among new cards. A clip that is still here keeps its mark: in a view of undecided clips,
 * those that were decided leave. Where it went, the mark goes to the first clip, or to none on a wall without keys: -1.
 * @param {Card[]} cards
 * @param {string | undefined} marked
 * @param {boolean} hasKeys
 */
export function markedPlace(cards, marked, hasKeys) {
  const place = cards.findIndex((card) => card.id === marked)
  if (place >= 0) return place
  return hasKeys ? 0 : -1
}

/**
 * Where the mark goes by a step of so many places: nowhere beyond the ends, and to the first clip where there was none.
 * @param {number} current
 * @param {number} step
 * @param {number} count
 */
export function steppedPlace(current, step, count) {
  return current < 0 ? 0 : Math.min(count - 1, Math.max(0, current + step))
}
