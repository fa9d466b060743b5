// @ts-check
// How large the wall's cards are: kept in the browser, changed by a slider in the Library's head and by keys on the wall.
import { recall, remember } from "../../browser/remembered.js"
import { sizeIn } from "./wall_grid.js"

const KEPT = "handpicked-wall-size"
/** Sent to the window when the size has changed. */
export const SIZE_CHANGED = "handpicked-wall-size"

export function cardSize() {
  return sizeIn(recall(KEPT))
}

/** @param {number} size_px */
export function setCardSize(size_px) {
  remember(KEPT, String(sizeIn(size_px)))
  window.dispatchEvent(new CustomEvent(SIZE_CHANGED))
}
