// @ts-check
// How two clips stand in the room that there is: beside or above one another, whichever shows more of them.

/** @typedef {"beside" | "above"} Way */

/**
 * @typedef {object} Room
 * @property {number} width_px
 * @property {number} height_px
 * @property {number} gap_px between the two clips
 */

/** Side by side compares best, and is what the arrow keys mean: above one another has to show so many times more. */
const WORTH_IT = 1.15

/**
 * The size at which a picture of a shape fits into a box.
 * @param {number} width_px
 * @param {number} height_px
 * @param {number} shape width over height
 */
function fitted(width_px, height_px, shape) {
  const width = Math.max(0, Math.min(width_px, height_px * shape))
  return { width_px: width, height_px: width / shape }
}

/**
 * The size of each of two pictures that stand in a room in one way.
 * @param {Room} room
 * @param {number} shape width over height of both
 * @param {Way} way
 */
export function pictureSize({ width_px, height_px, gap_px }, shape, way) {
  return way === "beside"
    ? fitted((width_px - gap_px) / 2, height_px, shape)
    : fitted(width_px, (height_px - gap_px) / 2, shape)
}

/**
 * The way in which two clips are seen best.
 * @param {Room} room
 * @param {number} shape width over height of both
 * @returns {Way}
 */
export function arrangement(room, shape) {
  const area = (/** @type {Way} */ way) => {
    const { width_px, height_px } = pictureSize(room, shape, way)
    return width_px * height_px
  }
  return area("above") > WORTH_IT * area("beside") ? "above" : "beside"
}
