// @ts-check
// Answers that the app has not confirmed yet. They lie in the browser's storage until it has: a reload, a closed tab, a
// lost connection or an app that was killed lose none of them. One entry an answer: no two tabs write the same one.
import { letters } from "../browser/letters.js"

const ANSWER = "handpicked.answer"

/** @typedef {"left" | "right" | "tie" | "skip"} Choice */

/**
 * @typedef {object} AnswerEvent
 * @property {string} event_id a name of its own: sent twice, it is stored once
 * @property {string} pair_id
 * @property {Choice | "undone"} answer
 * @property {number | null} response_ms
 * @property {number} at_ms since 1970
 * @property {number} count of this tab's answers, this one included
 */

export class AnswerLog {
  /**
   * @param {string} scope whose answers these are: a workspace and an annotator
   * @param {string} tab
   */
  constructor(scope, tab) {
    this.prefix = `${ANSWER}|${scope}|`
    this.tab = tab
    this.count = 0
    /** @type {Map<string, AnswerEvent>} */
    this.waiting = new Map()
    try {
      this.recover()
    } catch {
      // No storage: answers are kept in the page alone.
    }
  }

  /** Take up what an earlier page left behind. */
  recover() {
    for (let n = 0; n < localStorage.length; n += 1) {
      const key = localStorage.key(n)
      if (!key?.startsWith(this.prefix)) continue
      /** @type {AnswerEvent} */
      const event = JSON.parse(localStorage.getItem(key) ?? "")
      this.waiting.set(event.event_id, event)
      this.count = Math.max(this.count, event.count)
    }
  }

  /**
   * @param {string} pair_id
   * @param {Choice | "undone"} answer
   * @param {number | null} response_ms
   */
  add(pair_id, answer, response_ms) {
    this.count += 1
    const at_ms = Date.now()
    const event_id = `${this.tab}-${at_ms.toString(36)}-${this.count}-${letters(4)}`
    /** @type {AnswerEvent} */
    const event = { event_id, pair_id, answer, response_ms, at_ms, count: this.count }
    this.waiting.set(event_id, event)
    try {
      localStorage.setItem(this.prefix + event_id, JSON.stringify(event))
    } catch {
      // Full or absent: the page still has it.
    }
  }

  /**
   * Let go of what the app has stored.
   * @param {string[]} event_ids
   */
  confirm(event_ids) {
    for (const event_id of event_ids) {
      this.waiting.delete(event_id)
      try {
        localStorage.removeItem(this.prefix + event_id)
      } catch {
        // Sent again some time, and known there.
      }
    }
  }

  /** In the order in which they were given: by their count, which goes on after a reload. A clock may be set back. */
  get events() {
    return [...this.waiting.values()].sort((a, b) => a.count - b.count || a.at_ms - b.at_ms)
  }

  /** When the answer that waits longest was given, on the clock of `performance.now()`. */
  get oldestAt() {
    const ages = this.events.map((event) => Date.now() - event.at_ms)
    return performance.now() - Math.max(0, ...ages)
  }

  /** What the answers that wait add to the number of answers. */
  get surplus() {
    return this.events.reduce((sum, event) => sum + (event.answer === "undone" ? -1 : 1), 0)
  }
}
