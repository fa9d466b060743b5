// @ts-check
// The arithmetic of a wall of equal cards of which only those near the window are on the page.

export const SIZES = { least: 120, most: 420, usual: 220, step: 20 }
export const GAP_PX = 16
/** Title and line below it, with the space above them. */
export const WORDS_PX = 40
const SHAPE = 9 / 16

/**
 * @typedef {object} Grid
 * @property {number} columns
 * @property {number} card_px a card's width
 * @property {number} row_px from one row's top to the next one's
 * @property {number} rows
 */

/**
 * How cards of about this size fill a width.
 * @param {number} width_px
 * @param {number} size_px
 * @param {number} total
 * @returns {Grid}
 */
export function gridOf(width_px, size_px, total) {
  const columns = Math.max(1, Math.round((width_px + GAP_PX) / (size_px + GAP_PX)))
  const card_px = (width_px - GAP_PX * (columns - 1)) / columns
  return { columns, card_px, row_px: card_px * SHAPE + WORDS_PX + GAP_PX, rows: Math.ceil(total / columns) }
}

/**
 * The places whose rows are in a window, with some rows more on both sides.
 * @param {Grid} grid
 * @param {number} total
 * @param {number} top_px the window's upper edge, from the wall's
 * @param {number} height_px
 * @param {number} more_px
 * @returns {[number, number]} the first place, and the one after the last
 */
export function placesIn({ columns, row_px }, total, top_px, height_px, more_px) {
  const first = Math.max(0, Math.floor((top_px - more_px) / row_px))
  const after = Math.max(0, Math.ceil((top_px + height_px + more_px) / row_px))
  return [Math.min(first * columns, total), Math.min(after * columns, total)]
}

/**
 * Where a place's card stands, from the wall's upper left corner.
 * @param {Grid} grid
 * @param {number} place
 */
export function cardAt({ columns, card_px, row_px }, place) {
  return { x: (place % columns) * (card_px + GAP_PX), y: Math.floor(place / columns) * row_px }
}

/**
 * How far to scroll so that a row is seen between what covers the window's edges: 0 where it is.
 * @param {{ top: number, bottom: number }} row
 * @param {{ top: number, bottom: number }} seen
 */
export function scrollFor(row, seen) {
  if (row.top < seen.top) return row.top - seen.top
  return row.bottom > seen.bottom ? Math.min(row.bottom - seen.bottom, row.top - seen.top) : 0
}

/**
 * The next smaller (-1) or larger (1) size of cards.
 * @param {number} size_px
 * @param {number} direction
 */
export function steppedSize(size_px, direction) {
  return sizeIn(Math.round(size_px / SIZES.step + direction) * SIZES.step)
}

/**
 * A size of cards as it may be: what was kept in the browser may be anything.
 * @param {unknown} size_px
 */
export function sizeIn(size_px) {
  const size = Number(size_px)
  return size ? Math.min(SIZES.most, Math.max(SIZES.least, size)) : SIZES.usual
}
