// @ts-check
/**
 * A pair of clips of one second.
 * @param {string} pair_id
 * @returns {import("../../../app/components/label/pair_queue.js").Pair}
 */
export function pair(pair_id) {
  const clip = { src: `/${pair_id}`, zero_s: 0, start_s: 0, end_s: 1, fps: 30, shape: 1, poster: null, score: null }
  return { pair_id, left: clip, right: clip }
}
