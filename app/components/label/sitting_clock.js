// @ts-check
// The times of a sitting, in milliseconds on the clock of `performance.now()`.

const AWAY_MS = 180_000 // after so long without an answer, the time to the next pause counts anew

/** How long answers take, without the time that nobody watched, and when it is time to look away. */
export class SittingClock {
  /** @param {number} now */
  constructor(now) {
    this.askedAt = now
    this.awayMs = 0
    /** @type {number | null} */
    this.hiddenAt = null
    this.restedAt = now
    this.answeredAt = now
  }

  /** @param {number} now a pair came into view */
  asked(now) {
    this.askedAt = now
    this.awayMs = 0
  }

  /** @param {number} now the page was hidden */
  hidden(now) {
    this.hiddenAt = now
  }

  /** @param {number} now the page is seen again */
  seen(now) {
    this.awayMs += now - (this.hiddenAt ?? now)
    this.hiddenAt = null
  }

  /** @param {number} now */
  response_ms(now) {
    return Math.round(now - this.askedAt - this.awayMs)
  }

  /** @param {number} now */
  answered(now) {
    if (now - this.answeredAt > AWAY_MS) this.restedAt = now
    this.answeredAt = now
  }

  /**
   * Whether to remind of a pause; the next reminder comes as much later.
   * @param {number} now
   * @param {number} pause_min minutes between reminders, 0 for none
   */
  takeReminder(now, pause_min) {
    const due = pause_min > 0 && now - this.restedAt > pause_min * 60_000
    if (due) this.restedAt = now
    return due
  }
}
