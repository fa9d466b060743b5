// @ts-check
// What one component of a page says to the others: each is a module of its own, and the window is all they share.

/** The wall: this clip is marked, or pointed at. Its detail is a `ClipSignal`. */
export const MARKED = "handpicked-clip-marked"
/** The map, when it has come: which clip is marked? */
export const WHICH = "handpicked-which-marked"
/** The map: the wall is to go to this clip. Its detail is a `ClipSignal`. */
export const GO_TO = "handpicked-go-to-clip"
/** A panel beside the clips was opened, and in a narrow window the others fold. Its detail is the panel's name. */
export const OPENED = "handpicked-panel-opened"

/** @typedef {{ clip_id: string, hovered: boolean }} ClipSignal */

/**
 * @param {string} name
 * @param {unknown} [detail]
 */
export function say(name, detail) {
  window.dispatchEvent(new CustomEvent(name, { detail }))
}

/**
 * Act on a signal; returns what ends that.
 * @template Detail
 * @param {string} name
 * @param {(detail: Detail) => void} act
 */
export function hear(name, act) {
  const listener = (/** @type {Event} */ event) => act(/** @type {CustomEvent<Detail>} */ (event).detail)
  window.addEventListener(name, listener)
  return () => window.removeEventListener(name, listener)
}
