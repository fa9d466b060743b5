// @ts-check
import { element } from "../../browser/element.js"
import { Footage, INTO_FRAME_S } from "../../browser/footage.js"

/** @typedef {import("./loupe_state.js").Clip} Clip */
/** @typedef {{ clip: Clip, box: HTMLElement, video: HTMLVideoElement, footage: Footage }} Player */

/** Clips that are loaded beside the one in view, by their distance from it: people mostly go on. */
const BESIDE = [1, 2, -1]

/** One player for the clip in view and for each of those beside it, so that the next picture is there at once. */
export class Players {
  /**
   * @param {HTMLElement} stage
   * @param {(problem: string) => void} say called with what is wrong with the clip in view, empty where nothing is
   */
  constructor(stage, say) {
    this.stage = stage
    this.say = say
    /** @type {Map<string, Player>} */
    this.players = new Map()
    /** @type {Player | null} */
    this.shown = null
    this.calm = window.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false
    this.wantsToPlay = !this.calm
  }

  /**
   * Show one clip, and load its neighbours.
   * @param {Clip[]} clips
   * @param {number} index
   */
  show(clips, index) {
    const wanted = [0, ...BESIDE].map((step) => clips[index + step]).filter((clip) => clip !== undefined)
    for (const [id, player] of this.players) {
      const clip = wanted.find(({ card }) => card.id === id)
      // A clip whose copy for the browser was made meanwhile gets a player anew.
      if (!clip || clip.src !== player.clip.src) this.drop(id, player)
    }
    const before = this.shown
    for (const clip of wanted) if (!this.players.has(clip.card.id)) this.players.set(clip.card.id, this.make(clip))
    this.shown = this.players.get(clips[index].card.id) ?? null
    for (const player of this.players.values()) {
      player.box.classList.toggle("shown", player === this.shown)
      player.box.toggleAttribute("inert", player !== this.shown)
      if (player !== this.shown) player.video.pause()
    }
    if (this.shown !== before) this.begin()
  }

  /** From the clip's start, playing unless somebody stopped it. */
  begin() {
    const player = this.shown
    if (!player) return
    this.say(player.clip.src ? "" : "A browser can't play this clip yet.")
    if (player.video.error) this.say("This clip's video can't be played.")
    player.footage.seek(player.clip.start_s + INTO_FRAME_S)
    if (this.wantsToPlay) this.play()
  }

  /** @param {Clip} clip @returns {Player} */
  make(clip) {
    const box = element("div", "player", this.stage)
    const still = element("div", "still", box)
    if (clip.card.thumbnail) {
      box.style.setProperty("--still", `url("${clip.card.thumbnail}")`)
      still.classList.add("known")
    }
    const video = element("video", "", box)
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", disablePictureInPicture: true })
    video.setAttribute("aria-label", clip.card.title)
    const footage = new Footage(video)
    const player = { clip, box, video, footage }
    video.onseeked = () => box.classList.add("ready")
    video.onerror = () => {
      if (this.shown === player && video.getAttribute("src")) this.say("This clip's video can't be played.")
    }
    if (clip.src) {
      footage.load(clip)
      footage.seek(clip.start_s + INTO_FRAME_S)
    }
    return player
  }

  /** @param {string} id @param {Player} player */
  drop(id, player) {
    this.players.delete(id)
    if (this.shown === player) this.shown = null
    player.video.removeAttribute("src")
    player.video.load()
    player.box.remove()
  }

  play() {
    if (this.shown?.clip.src) this.shown.video.play().catch(() => {}) // a pause that comes at once is no error
  }

  get playing() {
    return Boolean(this.shown && !this.shown.video.paused)
  }

  toggle() {
    this.wantsToPlay = !this.playing
    if (this.wantsToPlay) this.play()
    else this.shown?.video.pause()
  }

  /**
   * Go by so many frames, and stand still.
   * @param {number} frames
   */
  frame(frames) {
    if (!this.shown) return
    this.wantsToPlay = false
    this.shown.video.pause()
    this.seek(this.shown.footage.now + frames / this.shown.clip.fps)
  }

  /** @param {number} t a place in the video, which is kept inside the clip */
  seek(t) {
    if (!this.shown) return
    const { start_s, end_s, fps } = this.shown.clip
    this.shown.footage.seek(Math.max(start_s + INTO_FRAME_S, Math.min(end_s - 0.5 / fps, t)))
  }

  /** @param {number} share of the clip, 0 to 1 */
  seekShare(share) {
    if (this.shown) this.seek(this.shown.clip.start_s + share * (this.shown.clip.end_s - this.shown.clip.start_s))
  }

  /** Seconds since the clip's start, and its length; the clip begins anew at its end. */
  loop() {
    if (!this.shown) return { at_s: 0, length_s: 0 }
    const { clip, footage, video } = this.shown
    if (!video.paused && (footage.now >= clip.end_s || footage.now < clip.start_s - 0.5)) {
      footage.seek(clip.start_s + INTO_FRAME_S)
    }
    if (video.ended && this.wantsToPlay) {
      footage.seek(clip.start_s + INTO_FRAME_S)
      this.play()
    }
    const length_s = clip.end_s - clip.start_s
    return { at_s: Math.min(length_s, Math.max(0, footage.now - clip.start_s)), length_s }
  }

  end() {
    for (const [id, player] of this.players) this.drop(id, player)
  }
}
