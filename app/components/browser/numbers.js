// @ts-check

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
export function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value))
}

/**
 * A time in a video as a person reads it: 1:02.50.
 * @param {number} t seconds
 */
export function timecode(t) {
  const minutes = Math.floor(t / 60)
  return `${minutes}:${(t - 60 * minutes).toFixed(2).padStart(5, "0")}`
}
