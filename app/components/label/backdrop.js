// @ts-check
import { element } from "../browser/element.js"

const SIZE_PX = 40 // so few pixels are blurred once, and the browser's scaling does the rest: no filter runs while playing
const BLUR_PX = 2
const SHADE = "rgb(8 9 10 / 52%)" // the clip stays the brightest thing

/** Fills what a clip leaves of its box: the clip's own thumbnail, blurred, or its first frame where it has none. */
export class Backdrop {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.canvas = element("canvas", "backdrop", box)
    this.canvas.setAttribute("aria-hidden", "true")
    /** @type {string | null} */
    this.poster = null
  }

  /** @param {string | null} poster */
  load(poster) {
    if (poster && poster === this.poster) return
    this.poster = poster
    this.canvas.width = 0 // empty until the picture is there
    if (!poster) return
    const image = new Image()
    image.onload = () => {
      if (poster === this.poster) this.draw(image, image.naturalWidth, image.naturalHeight)
    }
    image.src = poster
  }

  /**
   * A clip has its first frame.
   * @param {HTMLVideoElement} video
   */
  loaded(video) {
    if (!this.poster && video.videoWidth) this.draw(video, video.videoWidth, video.videoHeight)
  }

  /**
   * @param {HTMLImageElement | HTMLVideoElement} picture
   * @param {number} width_px
   * @param {number} height_px
   */
  draw(picture, width_px, height_px) {
    const { canvas } = this
    canvas.width = SIZE_PX
    canvas.height = Math.max(1, Math.round((SIZE_PX * height_px) / Math.max(1, width_px)))
    const context = canvas.getContext("2d")
    if (!context) return
    context.filter = `blur(${BLUR_PX}px)`
    // Beyond the edges, where a blur would take in what is not there.
    const over = 2 * BLUR_PX
    context.drawImage(picture, -over, -over, canvas.width + 2 * over, canvas.height + 2 * over)
    context.filter = "none"
    context.fillStyle = SHADE
    context.fillRect(0, 0, canvas.width, canvas.height)
  }

  /** @param {boolean} isShown */
  show(isShown) {
    this.canvas.classList.toggle("shown", isShown)
  }
}
