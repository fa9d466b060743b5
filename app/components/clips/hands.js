// @ts-check
// Tracked hands, drawn over the picture they were found in.

/**
 * @typedef {object} Hand
 * @property {number[]} xy the 21 landmarks, x and y in turn, as shares of the picture's width and height
 * @property {number} slot 0 or 1: which of the two hands
 * @property {boolean} seen whether the detector found it, rather than filled it in
 */

/**
 * @typedef {object} Track
 * @property {number} start_s
 * @property {number} end_s
 * @property {number[]} t_s
 * @property {Hand[][]} hands those at each of `t_s`
 */

/** MediaPipe's hand: which landmarks are joined. */
// prettier-ignore
const BONES = [
  [0, 1], [1, 2], [2, 3], [3, 4], [0, 5], [5, 6], [6, 7], [7, 8], [5, 9], [9, 10], [10, 11], [11, 12],
  [9, 13], [13, 14], [14, 15], [15, 16], [13, 17], [17, 18], [18, 19], [19, 20], [0, 17],
]

/**
 * The last hand frame shown at or before `t`, unless it is too old to belong to the picture.
 * @param {Track} track
 * @param {number} t
 */
export function handFrame(track, t) {
  let low = 0
  let high = track.t_s.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (track.t_s[middle] <= t + 0.02) low = middle
    else high = middle - 1
  }
  const age = t - track.t_s[low]
  return age > -0.02 && age < 0.3 ? track.hands[low] : []
}

/** @typedef {{ width: number, height: number }} Size */

/**
 * Where a picture lies in a player that shows all of it.
 * @param {Size} player
 * @param {Size} picture
 */
export function fitted(player, picture) {
  const fit = Math.min(player.width / picture.width, player.height / picture.height)
  const width = picture.width * fit
  const height = picture.height * fit
  return { x: (player.width - width) / 2, y: (player.height - height) / 2, width, height }
}

/**
 * Draw the hands of one moment over a video.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLVideoElement} video
 * @param {Track[]} tracks
 * @param {number} now_s
 */
export function drawHands(canvas, video, tracks, now_s) {
  const current = tracks.filter((track) => now_s >= track.start_s && now_s < track.end_s)
  canvas.hidden = !current.length
  if (!current.length || !video.videoWidth) return
  const player = { width: video.clientWidth, height: video.clientHeight }
  if (canvas.width !== player.width || canvas.height !== player.height) Object.assign(canvas, player)
  const box = fitted(player, { width: video.videoWidth, height: video.videoHeight })
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"))
  pen.clearRect(0, 0, player.width, player.height)
  pen.lineWidth = 2
  for (const hand of current.flatMap((track) => handFrame(track, now_s))) {
    /** @type {(landmark: number) => [number, number]} */
    const point = (n) => [box.x + hand.xy[2 * n] * box.width, box.y + hand.xy[2 * n + 1] * box.height]
    pen.strokeStyle = hand.slot ? "#fbbf24" : "#22d3ee"
    pen.globalAlpha = hand.seen ? 1 : 0.45
    pen.beginPath()
    for (const [from, to] of BONES) {
      pen.moveTo(...point(from))
      pen.lineTo(...point(to))
    }
    pen.stroke()
  }
}
