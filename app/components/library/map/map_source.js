// @ts-check
// Questions to `app/map_feed.py`: the latest of a kind wins, an earlier one that is not answered yet is dropped.

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
    /** @type {Map<string, AbortController>} */
    this.asked = new Map()
  }

  /**
   * An answer; null where a later question came meanwhile.
   * @param {"points" | "inside"} name
   * @param {string} feed
   * @param {string} params
   */
  async get(name, feed, params) {
    this.asked.get(name)?.abort()
    const control = new AbortController()
    this.asked.set(name, control)
    try {
      const answer = await fetch(`${feed}/${name}?${params}`, { signal: control.signal })
      const found = await answer.json()
      if (!answer.ok) throw new Error(found.problem)
      return control.signal.aborted ? null : found
    } catch (error) {
      if (control.signal.aborted) return null
      throw error
    }
  }

  end() {
    for (const control of this.asked.values()) control.abort()
  }
}
