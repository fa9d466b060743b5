// @ts-check
// Which clip the loupe shows, and what was decided about it, as far as the browser knows.

/** @typedef {"keep" | "drop" | null} Decision */

/**
 * @typedef {object} Card
 * @property {string} id
 * @property {string} title
 * @property {string} below
 * @property {string} length
 * @property {string} number
 * @property {string} hint
 * @property {string | null} thumbnail
 * @property {Decision} decision
 * @property {string[]} tags
 */

/**
 * @typedef {object} Clip a clip as the browser plays it
 * @property {Card} card
 * @property {string} src empty where a browser can't play it
 * @property {number} zero_s
 * @property {number} start_s
 * @property {number} end_s
 * @property {number} fps
 */

/** How near to the end of the known neighbours the app is asked for more at once. */
const MARGIN = 10

/**
 * Where a clip stands among those that are known; -1 where it is not among them.
 * @param {Clip[]} clips
 * @param {string} id
 */
export function indexOf(clips, id) {
  return clips.findIndex(({ card }) => card.id === id)
}

/**
 * Which clip to show when the app has sent others. A person who has stepped on meanwhile stays where they are, unless
 * the app opened a clip of its own accord.
 * @param {Clip[]} clips what the app has sent
 * @param {string} asked the clip that it sent them for
 * @param {string} current the clip in view
 * @param {string[]} told the clips that the app was told of: the last one that it answered, and those after it
 */
export function shownNow(clips, asked, current, told) {
  const itsOwn = asked !== current && !told.includes(asked)
  const stays = !itsOwn && indexOf(clips, current) >= 0
  return stays ? current : asked
}

/**
 * Whether more neighbours are needed soon: the known ones end near by, and the view goes on.
 * @param {number} index
 * @param {number} count of the known
 * @param {number} first the place of the first of them
 * @param {number} total
 */
export function endsSoon(index, count, first, total) {
  const before = index < MARGIN && first > 0
  const after = count - 1 - index < MARGIN && first + count < total
  return before || after
}

/**
 * Where steps lead among the known clips, and how many are left for those that are on their way. None are left at the
 * view's ends.
 * @param {number} index
 * @param {number} steps
 * @param {number} count of the known
 * @param {number} first place of the first known one in the view
 * @param {number} total
 */
export function walked(index, steps, count, first, total) {
  const wanted = Math.min(Math.max(index + steps, -first), total - 1 - first)
  const reached = Math.min(Math.max(wanted, 0), count - 1)
  return { index: reached, left: wanted - reached }
}

/**
 * An address with another clip open, written as the app writes it.
 * @param {string} search what stands behind the path
 * @param {string} id
 */
export function addressOf(search, id) {
  const params = new URLSearchParams(search)
  params.set("clip", id)
  return `?${params}`
}

/**
 * A clip's place in words: 12 of 68.
 * @param {number} place from 0
 * @param {number} total
 */
export function counted(place, total) {
  return `${(place + 1).toLocaleString("en")} of ${total.toLocaleString("en")}`
}

/**
 * A decision as a word.
 * @param {Decision} decision
 */
export function decisionWord(decision) {
  return decision === "keep" ? "kept" : decision === "drop" ? "dropped" : "undecided"
}

/** What a person did here, newest last: undo goes back to the clip that it was done to. */
export class History {
  constructor() {
    /** @type {{ id: string, before: Decision | undefined }[]} */
    this.done = []
    /** @type {Map<string, Decision>} decisions that the app may not have confirmed yet */
    this.decided = new Map()
  }

  /** @param {Card} card */
  decision(card) {
    const own = this.decided.get(card.id)
    return own === undefined ? card.decision : own
  }

  /**
   * A press of K or D: the second one of the same takes the decision back.
   * @param {Card} card
   * @param {"keep" | "drop"} wanted
   * @returns {Decision}
   */
  decide(card, wanted) {
    const before = this.decision(card)
    const now = before === wanted ? null : wanted
    this.done.push({ id: card.id, before })
    this.decided.set(card.id, now)
    return now
  }

  /** @param {Card} card */
  tag(card) {
    this.done.push({ id: card.id, before: undefined })
  }

  /** Take the last one back; returns the clip that it was about, null where nothing was done here. */
  undo() {
    const last = this.done.pop()
    if (!last) return null
    if (last.before !== undefined) this.decided.set(last.id, last.before)
    return last.id
  }

  /** The app has confirmed all: what it sends counts. */
  confirmed() {
    this.decided.clear()
  }
}
