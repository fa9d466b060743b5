// @ts-check
// What Python gives the viewer of pairs; pair_viewer.py and desk.py make it.

/**
 * @typedef {object} SittingData
 * @property {false} review
 * @property {number} shape width over height of most clips
 * @property {string} scope
 * @property {string} annotator
 * @property {string} about which clips these are; empty for all
 * @property {string} question
 * @property {string[]} guidelines
 * @property {number} target
 * @property {number} more how many pairs are added to the target at a time
 * @property {boolean} measured whether clips have features, so that pairs are chosen and a reward can be trained
 * @property {number} pause_min
 * @property {number} done answers that the app has stored
 * @property {number} spent_ms how long those took
 * @property {import("./pair_queue.js").Pair[] | null} pairs null until the app has heard of this tab
 * @property {import("./pair_queue.js").Pair[]} past
 * @property {boolean} exhausted
 * @property {string[]} confirmed
 * @property {string[]} refused
 * @property {string | null} error
 * @property {string | null} agreement
 */

/**
 * @typedef {object} ReviewData a pair that was answered, to be watched again
 * @property {true} review
 * @property {number} shape
 * @property {import("./pair_queue.js").Pair[]} pairs
 */

export {}
