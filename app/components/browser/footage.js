// @ts-check

/** Times are stored to the millisecond: a little later, the frame that begins there has begun. */
export const INTO_FRAME_S = 0.001

/**
 * A video of ours in a <video>, and the one place that knows both clocks. Ours counts from the first picture that the
 * recording shows; a player's own may begin earlier, with the sound, and says `zero_s` when that picture is due.
 */
export class Footage {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video
    this.zero_s = 0
  }

  /**
   * Load a video; with a window, the player stays inside it and stops at its end.
   * @param {{ src: string, zero_s: number }} source
   * @param {{ from_s: number, to_s: number }} [window]
   */
  load(source, window) {
    this.zero_s = source.zero_s
    const fragment = window ? `#t=${this.theirs(window.from_s).toFixed(3)},${this.theirs(window.to_s).toFixed(3)}` : ""
    this.video.src = source.src + fragment
  }

  /**
   * A place on our clock as the player's.
   * @param {number} t
   */
  theirs(t) {
    return Math.max(0, t + this.zero_s)
  }

  /** The place in view, on our clock. Before the first picture it is that picture's. */
  get now() {
    return Math.max(0, this.video.currentTime - this.zero_s)
  }

  /** @param {number} t */
  seek(t) {
    this.video.currentTime = this.theirs(t)
  }
}
