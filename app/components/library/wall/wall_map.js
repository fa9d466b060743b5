// @ts-check
import { GO_TO, hear, MARKED, say, WHICH } from "../../browser/signals.js"

/** @typedef {import("../../browser/signals.js").ClipSignal} ClipSignal */
/** @typedef {import("./whole_wall.js").ViewWall} ViewWall */

/** What the wall and the map beside it say to one another: the marked clip, the one under the pointer, where to go. */
export class WallMap {
  /** @param {ViewWall} wall */
  constructor(wall) {
    this.wall = wall
    this.said = ""
    this.ends = [
      hear(WHICH, () => {
        this.said = ""
        this.mark(wall.marked)
      }),
      hear(GO_TO, (/** @type {ClipSignal} */ signal) => void this.goTo(signal.clip_id)),
    ]
  }

  /** @param {string} clip_id */
  mark(clip_id) {
    if (clip_id === this.said) return
    this.said = clip_id
    say(MARKED, { clip_id, hovered: false })
  }

  /**
   * @param {HTMLElement} card
   * @param {number} place
   */
  watch(card, place) {
    card.onpointerenter = () => say(MARKED, { clip_id: this.wall.blocks.card(place)?.id ?? "", hovered: true })
    card.onpointerleave = () => say(MARKED, { clip_id: "", hovered: true })
  }

  /**
   * Mark a clip of the view and bring it into sight.
   * @param {string} clip_id
   */
  async goTo(clip_id) {
    const { wall } = this
    const { order } = wall.data
    const found = await wall.feed.place(order, clip_id).catch(() => null)
    if (wall.data.order !== order || !wall.ready) return
    if (!found || found.place === null) return wall.say("That clip is not in this view")
    wall.current = found.place
    wall.marked = clip_id
    wall.bringIntoSight(true)
    wall.draw()
    this.mark(clip_id)
  }

  end() {
    for (const end of this.ends) end()
  }
}
