// @ts-check
// Where somebody was in a view, kept for this tab: the clip page comes back to it. That page writes the clip that it was
// left at into the same entry.

const NAME = "handpicked-wall"

/**
 * @typedef {object} WallMemory
 * @property {string} address the view's
 * @property {string} clip_id the marked clip
 * @property {number} [scroll_px]
 */

/**
 * What is kept of this view; null where the last one was another.
 * @param {string} address
 * @returns {WallMemory | null}
 */
export function recallWall(address) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME) ?? "null")
    return kept?.address === address && typeof kept.clip_id === "string" ? kept : null
  } catch {
    return null
  }
}

/** @param {WallMemory} memory */
export function rememberWall(memory) {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(memory))
  } catch {
    // No storage: the wall begins at its top.
  }
}
