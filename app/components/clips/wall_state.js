// @ts-check
// What a wall of clips shows: its cards, and what the browser has sent and has no answer to yet.

/** @typedef {import("./card.js").Card} Card */
/** @typedef {import("./card.js").Decision} Decision */
/** @typedef {[number, number]} Stretch places from the first to the last, both included */

/**
 * @typedef {object} Action what a person did, once: `id` lets it be sent again without being done again. It is about
 *   one clip, or about the clips at some places of an order
 * @property {string} id
 * @property {string} [clip_id]
 * @property {string} [order]
 * @property {Stretch[]} [places]
 * @property {Decision} [decision]
 * @property {string} [tag]
 * @property {string} [untag]
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
 * Note on the page how many actions the app has not confirmed. Who leaves it then may lose them.
 * @param {HTMLElement} node
 * @param {Action[]} waiting
 */
export function noteUnconfirmed(node, waiting) {
  node.dataset.unconfirmed = String(waiting.length)
}

/**
 * The actions that still count: an undo takes the one before it away, with it itself.
 * @param {Action[]} waiting
 */
export function standing(waiting) {
  /** @type {Action[]} */
  const left = []
  for (const action of waiting) {
    if (action.undo) left.pop()
    else left.push(action)
  }
  return left
}

/**
 * Whether an action is about the clip at a place of an order.
 * @param {Action} action
 * @param {string} clip_id
 * @param {number} place
 * @param {string} order
 */
function isAbout(action, clip_id, place, order) {
  if (action.clip_id !== undefined) return action.clip_id === clip_id
  return action.order === order && (action.places ?? []).some(([first, last]) => first <= place && place <= last)
}

/**
 * A card's decision, with what is on its way.
 * @param {Card} card
 * @param {Action[]} waiting
 * @param {number} [place]
 * @param {string} [order]
 */
export function decisionOf(card, waiting, place = -1, order = "") {
  const own = standing(waiting).filter((action) => action.decision !== undefined)
  const last = own.findLast((action) => isAbout(action, card.id, place, order))
  return last?.decision === undefined ? card.decision : last.decision
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
