// @ts-check
// When each of two clips that play side by side comes to its end, how often the shorter one plays, and how two that
// drifted apart are brought together.

/** A check comes with the screen's frames: what would be reached before the next one counts as reached. A busy machine
 * draws fewer of them. */
const AHEAD_S = { least: 0.02, most: 0.1 }
const NUDGE_S = 0.008 // two clips further apart than this are brought together by their speed
const JUMP_S = 0.5 // and further apart than this, by a seek

/**
 * How often a clip plays while the longest one plays once: as often as it fits; then it waits.
 * @param {number} length_s
 * @param {number} longest_s
 */
export function lapsWithin(length_s, longest_s) {
  return Math.max(1, Math.floor(longest_s / length_s + 0.05))
}

/**
 * How far ahead of the place in view an end counts as reached.
 * @param {number} since_s the time since the last check
 * @param {number} rate
 */
export function lookAhead_s(since_s, rate) {
  return rate * Math.min(Math.max(1.2 * since_s, AHEAD_S.least), AHEAD_S.most)
}

/**
 * Whether a clip has come to its end. A player may stop by itself, by the fragment of its address, a frame early.
 * @param {{ now_s: number, paused: boolean, ended: boolean }} player
 * @param {{ end_s: number, fps: number }} clip
 * @param {number} ahead_s
 */
export function hasEnded({ now_s, paused, ended }, clip, ahead_s) {
  const stopped = paused && now_s >= clip.end_s - 1.5 / clip.fps
  return ended || stopped || now_s + ahead_s >= clip.end_s
}

/**
 * Where in its lap a clip has to go so as to be where the leading one is; null where its speed will do, or where there
 * is no such place.
 * @param {number} lead_s how long the leading clip has played, over all laps
 * @param {{ elapsed_s: number, lap: number, length_s: number }} other
 */
export function jumpTo_s(lead_s, other) {
  if (Math.abs(other.elapsed_s - lead_s) <= JUMP_S) return null
  const place_s = lead_s - other.lap * other.length_s
  return place_s > 0 && place_s < other.length_s - 0.1 ? place_s : null
}

/**
 * How many times faster a clip has to play that is so far ahead of the other one.
 * @param {number} apart_s
 */
export function catchUp(apart_s) {
  return Math.abs(apart_s) > NUDGE_S ? 1 - Math.max(-0.2, Math.min(0.2, apart_s * 4)) : 1
}
