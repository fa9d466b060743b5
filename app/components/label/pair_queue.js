// @ts-check
// Which pair is asked now, which come after it, and which were answered and can be taken back.

/**
 * @typedef {object} PlayedClip
 * @property {string} src
 * @property {number} zero_s
 * @property {number} start_s
 * @property {number} end_s
 * @property {number} fps
 * @property {number} shape width over height
 * @property {string | null} poster
 * @property {string | null} score
 */

/**
 * @typedef {object} Pair
 * @property {string} pair_id
 * @property {PlayedClip} left
 * @property {PlayedClip} right
 * @property {string} [answer] of a pair that was answered: to be watched again, or asked again after an undo
 */

export class PairQueue {
  constructor() {
    /** @type {Pair | null} */
    this.current = null
    /** @type {Pair[]} */
    this.ahead = []
    /** @type {Pair[]} */
    this.answered = []
    /** @type {Set<string>} */
    this.known = new Set()
  }

  /**
   * Queue what the app sends, whatever of it came before; `past` are the pairs that were answered before this page.
   * @param {Pair[]} pairs
   * @param {Pair[]} past
   */
  take(pairs, past) {
    if (!this.known.size) this.answered = [...past]
    for (const pair of this.answered) this.known.add(pair.pair_id)
    for (const pair of pairs) if (!this.known.has(pair.pair_id)) this.ahead.push(pair)
    for (const pair of pairs) this.known.add(pair.pair_id)
  }

  /** Ask the next pair, where none is asked. */
  advance() {
    this.current ??= this.ahead.shift() ?? null
  }

  /**
   * The pair in view was answered.
   * @param {string} choice
   */
  answer(choice) {
    if (this.current) this.answered.push({ ...this.current, answer: choice })
    this.current = null
  }

  /** Ask the last answered pair again, the one in view after it. Returns it, or null where there is none. */
  takeBack() {
    const pair = this.answered.pop()
    if (!pair) return null
    if (this.current) this.ahead.unshift(this.current)
    this.current = pair
    return pair
  }

  /**
   * The pair in view and the next ones.
   * @param {number} next
   */
  line(next) {
    return [...(this.current ? [this.current] : []), ...this.ahead.slice(0, next)]
  }
}
