// @ts-check
// Questions to `app/wall_feed.py`.

/** @typedef {import("../../clips/card.js").Card} Card */
/** @typedef {import("../../clips/wall_state.js").Stretch} Stretch */
/** @typedef {{ version: string, total: number }} Answer */

export class Feed {
  /**
   * @param {string} url
   * @param {string} view the view's address
   */
  constructor(url, view) {
    this.url = url
    this.view = view
  }

  /**
   * @param {string} name
   * @param {Record<string, string | number>} question
   * @param {AbortSignal} [signal]
   */
  async get(name, question, signal) {
    const params = new URLSearchParams(this.view)
    for (const [key, value] of Object.entries(question)) params.set(key, String(value))
    const answer = await fetch(`${this.url}/${name}?${params}`, { signal })
    if (!answer.ok) throw new Error(`the wall's feed answered ${answer.status}`)
    return answer.json()
  }

  /**
   * @param {string} version
   * @param {number} first
   * @param {number} count
   * @param {AbortSignal} signal
   * @returns {Promise<Answer & { cards: (Card | null)[] }>}
   */
  cards(version, first, count, signal) {
    return this.get("cards", { version, first, count }, signal)
  }

  /**
   * @param {string} version
   * @param {string} clip
   * @returns {Promise<Answer & { place: number | null }>}
   */
  place(version, clip) {
    return this.get("place", { version, clip })
  }

  /**
   * @param {string} was the earlier order's version
   * @param {string} places
   * @returns {Promise<Answer & { places: Stretch[] | null }>}
   */
  moved(was, places) {
    return this.get("moved", { was, places })
  }
}
