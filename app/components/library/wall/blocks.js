// @ts-check
// The cards of a view, fetched block by block: those in the window first, those ahead of it next, the rest forgotten.

/** @typedef {import("../../clips/card.js").Card} Card */
/** @typedef {(first: number, count: number, signal: AbortSignal) => Promise<(Card | null)[]>} Ask */

export const BLOCK = 60
const AT_ONCE = 3
const MOST_KEPT = 60
const RETRY_MS = 1500

export class Blocks {
  /**
   * @param {Ask} ask
   * @param {() => void} arrived
   */
  constructor(ask, arrived) {
    this.ask = ask
    this.arrived = arrived
    /** @type {Map<number, (Card | null)[]>} */
    this.known = new Map()
    /** @type {Set<number>} blocks whose cards are shown until newer ones come */
    this.old = new Set()
    /** @type {Map<number, AbortController>} */
    this.asked = new Map()
    /** @type {number[]} */
    this.wanted = []
    this.failed = false
    this.ended = false
  }

  /**
   * The card at a place: undefined where it has not come, null where its clip is gone.
   * @param {number} place
   */
  card(place) {
    return this.known.get(Math.floor(place / BLOCK))?.[place % BLOCK]
  }

  /** All cards that are here. */
  cards() {
    return [...this.known.values()].flat().filter((card) => card !== null)
  }

  /**
   * Have the cards of these places come, in this order of urgency, and nothing else.
   * @param {[number, number][]} ranges each the first place and the one after the last
   */
  want(ranges) {
    const blocks = ranges.flatMap(([first, after]) => {
      const [low, high] = [Math.floor(first / BLOCK), Math.ceil(after / BLOCK)]
      return Array.from({ length: Math.max(0, high - low) }, (_, n) => low + n)
    })
    this.wanted = [...new Set(blocks)]
    const near = new Set(this.wanted)
    for (const [block, control] of this.asked) if (!near.has(block)) control.abort()
    this.forget(near)
    this.fetch()
  }

  /** Cards may have changed: fetch them again, and show those near the window until then. */
  refresh() {
    for (const control of this.asked.values()) control.abort()
    for (const block of this.known.keys()) if (!this.wanted.includes(block)) this.known.delete(block)
    this.old = new Set(this.known.keys())
    this.fetch()
  }

  fetch() {
    for (const block of this.wanted) {
      if (this.asked.size >= AT_ONCE || this.ended) return
      if (this.asked.has(block) || (this.known.has(block) && !this.old.has(block))) continue
      this.one(block)
    }
  }

  /** @param {number} block */
  async one(block) {
    const control = new AbortController()
    this.asked.set(block, control)
    try {
      const cards = await this.ask(block * BLOCK, BLOCK, control.signal)
      if (control.signal.aborted) return
      this.known.set(block, cards)
      this.old.delete(block)
      this.failed = false
    } catch {
      // The server may be on its way back; what was taken back is asked for again when it is wanted.
      if (!control.signal.aborted) {
        this.failed = true
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    } finally {
      if (this.asked.get(block) === control) this.asked.delete(block)
      if (!this.ended) {
        this.arrived()
        this.fetch()
      }
    }
  }

  /**
   * Let go of blocks that were not looked at for longest.
   * @param {Set<number>} near
   */
  forget(near) {
    for (const block of near) {
      const cards = this.known.get(block)
      if (!cards) continue
      this.known.delete(block)
      this.known.set(block, cards)
    }
    // What may have changed is fetched again when it is looked at again.
    for (const block of this.old) if (!near.has(block)) this.drop(block)
    for (const block of this.known.keys()) {
      if (this.known.size <= Math.max(MOST_KEPT, near.size)) return
      if (!near.has(block)) this.drop(block)
    }
  }

  /** @param {number} block */
  drop(block) {
    this.known.delete(block)
    this.old.delete(block)
  }

  end() {
    this.ended = true
    for (const control of this.asked.values()) control.abort()
  }
}
