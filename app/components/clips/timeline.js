// @ts-check
// The arithmetic of a video's timeline: lanes, places, the frame in view, what is wrong with two marks.

/** @typedef {{ start_s: number, end_s: number }} Window a half-open window, in presentation seconds */

/**
 * Which lane each clip lies in: clips that overlap go below one another.
 * @param {Window[]} clips in the order of their beginnings
 */
export function lanes(clips) {
  /** @type {number[]} */
  const ends = []
  return clips.map((clip) => {
    let lane = ends.findIndex((end) => end <= clip.start_s + 1e-6)
    if (lane < 0) lane = ends.push(0) - 1
    ends[lane] = clip.end_s
    return lane
  })
}

/**
 * The part of a video that the timeline shows: all of it, or one clip with a little around it to widen its window into.
 * @param {Window | null | undefined} own
 * @param {number} duration_s
 * @returns {Window}
 */
export function shownPart(own, duration_s) {
  if (!own) return { start_s: 0, end_s: duration_s }
  const around_s = Math.max(1, (own.end_s - own.start_s) / 2)
  return { start_s: Math.max(0, own.start_s - around_s), end_s: Math.min(duration_s, own.end_s + around_s) }
}

/**
 * A time's place on the timeline, in percent.
 * @param {number} t
 * @param {Window} part
 */
export function percent(t, part) {
  return (100 * (t - part.start_s)) / (part.end_s - part.start_s)
}

/**
 * Where the frame in view begins. A player's clock may stand a hair before the frame that it shows.
 * @param {number} now_s
 * @param {number} fps
 */
export function frameStart(now_s, fps) {
  const frame_s = 1 / fps
  return Math.floor(now_s / frame_s + 1e-3) * frame_s
}

/**
 * What is wrong with two marks, in a sentence; empty where they are a window.
 * @param {number | null} in_s
 * @param {number | null} out_s
 */
export function markFault(in_s, out_s) {
  if (in_s === null || out_s === null) return "Mark in (I) and out (O) first."
  return out_s <= in_s ? "The out mark lies before the in mark." : ""
}
