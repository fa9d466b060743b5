// @ts-check

/**
 * How many answers come in a minute, and how long the rest takes: from the answers of late, in milliseconds each.
 * @param {number[]} took
 * @param {number} left answers to the target
 */
export function pace(took, left) {
  if (took.length < 3) return ""
  const middle = [...took].sort((a, b) => a - b)[took.length >> 1]
  const a_minute = 60_000 / Math.max(middle, 200)
  const rest = left > 0 ? ` · about ${Math.ceil(left / a_minute)} min left` : ""
  return ` · ${a_minute < 10 ? a_minute.toFixed(1) : Math.round(a_minute)} a minute${rest}`
}
