// @ts-check
// Which clips of a view are selected: stretches of places, so that "all hundred thousand" is one of them.

/** @typedef {import("../../clips/wall_state.js").Stretch} Stretch */

export class Selection {
  constructor() {
    /** @type {Stretch[]} in order, apart from one another */
    this.places = []
    /** Where a stretch that Shift makes begins. */
    this.anchor = 0
  }

  get count() {
    return this.places.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }

  /** @param {number} place */
  has(place) {
    return this.places.some(([first, last]) => first <= place && place <= last)
  }

  clear() {
    this.places = []
  }

  /** @param {number} place */
  only(place) {
    this.places = [[place, place]]
    this.anchor = place
  }

  /** @param {number} place */
  toggle(place) {
    if (this.has(place)) this.take(place, place)
    else this.add(place, place)
    this.anchor = place
  }

  /**
   * Everything between the anchor and a place, and nothing else.
   * @param {number} place
   */
  reach(place) {
    this.places = [[Math.min(this.anchor, place), Math.max(this.anchor, place)]]
  }

  /** @param {number} total */
  all(total) {
    this.places = total ? [[0, total - 1]] : []
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  add(first, last) {
    /** @type {Stretch[]} */
    const apart = []
    let [from, to] = [first, last]
    for (const [low, high] of this.places) {
      if (high < from - 1 || low > to + 1) apart.push([low, high])
      else [from, to] = [Math.min(from, low), Math.max(to, high)]
    }
    this.places = [...apart, /** @type {Stretch} */ ([from, to])].sort((one, other) => one[0] - other[0])
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  take(first, last) {
    this.places = this.places.flatMap(([low, high]) => {
      /** @type {Stretch[]} */
      const left = []
      if (low < first) left.push([low, Math.min(high, first - 1)])
      if (high > last) left.push([Math.max(low, last + 1), high])
      return left
    })
  }
}

/**
 * Stretches as an address has them.
 * @param {Stretch[]} places
 */
export function placesText(places) {
  return places.map(([first, last]) => `${first}-${last}`).join(",")
}
