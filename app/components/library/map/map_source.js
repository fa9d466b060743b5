// @ts-check
// Questions to `app/map_feed.py`: the latest of a kind wins, an earlier one that is not answered yet is dropped. The same
// question again waits for the answer that is on its way: 100,000 points are 6 MB.

/**
 * @typedef {object} PointsAnswer
 * @property {string} x coordinates in the unit square, packed
 * @property {string} y
 * @property {string} bucket each point's colour, packed; -1 for none
 * @property {string} value the number behind the colour, or a place in `names`, packed
 * @property {string} video a place in `videos`, packed
 * @property {string[]} clip_ids
 * @property {string[]} videos
 * @property {string[]} names
 * @property {string[]} classes what each colour stands for, where they are no scale
 * @property {number | null} low the scale's ends
 * @property {number | null} high
 */

/** @typedef {{ states: string, inside: number, missing: number }} InsideAnswer */

export class MapSource {
  constructor() {
    /** @type {Map<string, { url: string, control: AbortController, answer: Promise<any> }>} */
    this.asked = new Map()
  }

  /**
   * An answer; null where a later question came meanwhile.
   * @param {"points" | "inside"} name
   * @param {string} feed
   * @param {string} params
   */
  async get(name, feed, params) {
    const url = `${feed}/${name}?${params}`
    const before = this.asked.get(name)
    if (before?.url === url) return before.answer
    before?.control.abort()
    const control = new AbortController()
    const answer = this.fetch(url, control.signal).finally(() => {
      if (this.asked.get(name)?.control === control) this.asked.delete(name)
    })
    this.asked.set(name, { url, control, answer })
    return answer
  }

  /**
   * @param {string} url
   * @param {AbortSignal} signal
   */
  async fetch(url, signal) {
    try {
      const answer = await fetch(url, { signal })
      const found = await answer.json()
      if (!answer.ok) throw new Error(found.problem)
      return signal.aborted ? null : found
    } catch (error) {
      if (signal.aborted) return null
      throw error
    }
  }

  end() {
    for (const { control } of this.asked.values()) control.abort()
  }
}
