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

/**
 * How long something took, as one says it: 40 s, 6 min, 1 h 5 min.
 * @param {number} ms
 */
export function lasted(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ""}`
}

/**
 * How far a sitting is; beyond its target, how many were labelled.
 * @param {number} done
 * @param {number} target
 */
export function progressWords(done, target) {
  return done >= target ? `${done} labelled` : `${done} of ${target}`
}
