// @ts-check
import { element } from "../browser/element.js"

const SIZE_PX = 40 // so few pixels are blurred once, and the browser's scaling does the rest: no filter runs while playing
const BLUR_PX = 2
const SHADE = "rgb(8 9 10 / 52%)" // the clip stays the brightest thing

/** Fills what a clip leaves of its box: the clip's own thumbnail, blurred. A clip without one leaves it black. */
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
    if (poster === this.poster) return
    this.poster = poster
    this.canvas.width = 0 // empty until the picture is there
    if (!poster) return
    const image = new Image()
    image.onload = () => {
      if (poster === this.poster) this.draw(image)
    }
    image.src = poster
  }

  /** @param {HTMLImageElement} image */
  draw(image) {
    const { naturalWidth, naturalHeight } = image
    const { canvas } = this
    canvas.width = SIZE_PX
    canvas.height = Math.max(1, Math.round((SIZE_PX * naturalHeight) / Math.max(1, naturalWidth)))
    const context = canvas.getContext("2d")
    if (!context) return
    context.filter = `blur(${BLUR_PX}px)`
    // Beyond the edges, where a blur would take in what is not there.
    const over = 2 * BLUR_PX
    context.drawImage(image, -over, -over, canvas.width + 2 * over, canvas.height + 2 * over)
    context.filter = "none"
    context.fillStyle = SHADE
    context.fillRect(0, 0, canvas.width, canvas.height)
  }

  /** @param {boolean} isShown */
  show(isShown) {
    this.canvas.classList.toggle("shown", isShown)
  }
}
