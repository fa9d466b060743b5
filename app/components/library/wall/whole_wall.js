// @ts-check
import { element, keyLegend } from "../../browser/element.js"
import { decisionOf, noteUnconfirmed, unconfirmed } from "../../clips/wall_state.js"
import { Blocks } from "./blocks.js"
import { Feed } from "./feed.js"
import { Selection, placesText } from "./selection.js"
import { SelectionBar } from "./selection_bar.js"
import { SIZE_CHANGED, cardSize } from "./size.js"
import { Drawing } from "./wall_drawing.js"
import { placesIn, scrollFor } from "./wall_grid.js"
import { WallHands } from "./wall_hands.js"
import { KEYS, WallKeys } from "./wall_keys.js"
import { WallMap } from "./wall_map.js"
import { recallWall, rememberWall } from "./wall_memory.js"
import { WallWindow } from "./wall_window.js"

/** @typedef {import("../../clips/wall_state.js").Action} Action */

/**
 * @typedef {object} ViewData
 * @property {string} feed the feed's address
 * @property {string} view the view's address
 * @property {number} total
 * @property {string} order the version of the view's order
 * @property {number} changes grows with everything that is written
 * @property {string[]} tags
 * @property {string[]} acknowledged ids of actions that the app has done
 */

const EDGE_PX = 12
const BAR_PX = 68
const MOST_WAIT_MS = 1000
const REMEMBERED_AFTER_MS = 150

/** All clips of a view as one wall: only cards near the window are on the page, and their data comes from a feed. */
export class ViewWall {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    /** What is shown. @type {ViewData} */
    this.data = { feed: "", view: "", total: 0, order: "", changes: 0, tags: [], acknowledged: [] }
    /** What Python sent last: it is shown as soon as its cards are here. */
    this.target = this.data
    const wall = element("div", "wall", root)
    wall.setAttribute("role", "listbox")
    wall.setAttribute("aria-label", "Clips")
    wall.setAttribute("aria-multiselectable", "true")
    this.hands = new WallHands(this)
    this.drawing = new Drawing(wall, ({ node }, place) => {
      node.onclick = (event) => this.hands.clicked(event, place)
      node.ondblclick = () => this.hands.open()
      node.onfocus = () => this.hands.focused(place)
      this.map.watch(node, place)
    })
    this.selection = new Selection()
    this.bar = new SelectionBar(root, this.hands)
    keyLegend(element("div", "legend", root), KEYS)
    this.said = element("div", "said", root)
    this.said.setAttribute("role", "status")
    this.current = 0
    /** The marked clip's id, once its card has come. */
    this.marked = ""
    /** @type {Action[]} */
    this.waiting = []
    /** What was done since the cards came: they show it until newer ones do. @type {Action[]} */
    this.since = []
    this.ready = false
    this.lastTop_px = 0
    this.remembering = 0
    /** Whether another page was asked for: what happens to this one meanwhile is not where somebody was. */
    this.leaving = false
    this.feed = new Feed("", "")
    this.blocks = this.newBlocks()
    this.window = new WallWindow(wall, () => this.draw())
    this.keys = new WallKeys(root, this.hands)
    this.map = new WallMap(this)
    this.onSize = () => this.resized()
    window.addEventListener(SIZE_CHANGED, this.onSize)
    /** @type {import("../../browser/mounted.js").Send} */
    this.setState = () => {}
    /** @type {import("../../browser/mounted.js").Send} */
    this.trigger = () => {}
  }

  /** @param {import("../../browser/mounted.js").Mount<ViewData>} mount */
  update({ data, setStateValue, setTriggerValue }) {
    this.setState = setStateValue
    this.trigger = setTriggerValue
    this.leaving = false
    this.waiting = unconfirmed(this.waiting, data.acknowledged)
    noteUnconfirmed(this.said, this.waiting)
    const before = this.target
    this.target = data
    if (!this.feed.url || data.view !== before.view) void this.begin(data)
    else if (data.order !== before.order) void this.moveTo(data)
    else if (this.data === before) {
      this.data = data
      if (data.changes !== before.changes) this.blocks.refresh()
      this.draw()
    } else void this.moveTo(data)
  }

  newBlocks() {
    const { order } = this.target
    return new Blocks(
      async (first, count, signal) => {
        const answer = await this.feed.cards(order, first, count, signal)
        if (answer.version === order) return answer.cards
        // That order is not kept any more: the cards are of today's.
        if (this.target.order === order) {
          this.target = { ...this.target, order: answer.version, total: answer.total }
          void this.moveTo(this.target)
        }
        return []
      },
      () => {
        this.draw()
        this.hands.cardsCame()
      },
    )
  }

  /**
   * Another view: from its top, or from where somebody left it.
   * @param {ViewData} data
   */
  async begin(data) {
    this.data = data
    this.feed = new Feed(data.feed, data.view)
    this.blocks.end()
    this.blocks = this.newBlocks()
    this.selection.clear()
    this.current = 0
    this.marked = ""
    this.hands.toOpen = -1
    this.ready = false
    const kept = recallWall(data.view)
    const found = kept ? await this.feed.place(data.order, kept.clip_id).catch(() => null) : null
    if (this.target.view !== data.view) return
    this.ready = true
    if (kept && found && found.place !== null) {
      this.current = found.place
      this.marked = kept.clip_id
      this.drawing.layOut(cardSize(), data.total)
      this.window.to(kept.scroll_px ?? 0)
      if (!this.isSeen(this.current)) this.bringIntoSight(true)
    }
    this.draw()
  }

  /**
   * The same view with its clips in another order, or with others: what is looked at stays where it is on the screen.
   * @param {ViewData} data
   */
  async moveTo(data) {
    const was = this.data
    const anchor = this.isSeen(this.current) ? this.current : this.firstSeen()
    const anchorId = this.blocks.card(anchor)?.id ?? ""
    const selected = placesText(this.selection.places)
    const [mark, anchored, moved] = await Promise.all([
      this.feed.place(data.order, this.marked),
      this.feed.place(data.order, anchorId),
      selected ? this.feed.moved(was.order, selected) : null,
    ]).catch(() => [null, null, null])
    if (this.target !== data) return
    const last = Math.max(0, data.total - 1)
    const now = Math.min(anchored?.place ?? anchor, last)
    const fresh = this.newBlocks()
    await this.filled(fresh, now, data.total)
    if (this.target !== data) return fresh.end()
    this.blocks.end()
    this.blocks = fresh
    this.data = data
    const y = this.drawing.box(anchor).top
    this.selection.places = moved?.places ?? []
    if (selected && !moved?.places) this.say("The view changed: nothing is selected any more")
    this.current = Math.min(mark?.place ?? this.current, last)
    this.drawing.layOut(cardSize(), data.total)
    this.window.by(this.drawing.box(now).top - y)
    this.draw()
  }

  /**
   * Wait for the cards around a place, for a moment.
   * @param {Blocks} blocks
   * @param {number} place
   * @param {number} total
   */
  async filled(blocks, place, total) {
    const around = this.drawing.views.size
    blocks.want([[Math.max(0, place - around), Math.min(total, place + around + 1)]])
    const until = performance.now() + MOST_WAIT_MS
    while (blocks.card(place) === undefined && total && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  // --- what is seen ----------------------------------------------------------------------------------------------

  draw() {
    if (!this.ready) return
    const { total, order } = this.data
    this.drawing.layOut(cardSize(), total)
    const { grid } = this.drawing
    const { top_px, height_px } = this.window.part()
    const step = height_px * (top_px >= this.lastTop_px ? 1 : -1)
    this.lastTop_px = top_px
    if (!this.waiting.length && this.data === this.target && !this.blocks.old.size) this.since = []
    const near = placesIn(grid, total, top_px, height_px, height_px / 2)
    this.blocks.want([
      placesIn(grid, total, top_px, height_px, 0),
      near,
      placesIn(grid, total, top_px + step, height_px, 0),
      placesIn(grid, total, top_px + 2 * step, height_px, 0),
    ])
    const places = new Set(this.current < total ? [this.current] : [])
    for (let place = near[0]; place < near[1]; place++) places.add(place)
    this.drawing.show(places, (place) => {
      const card = this.blocks.card(place) ?? null
      const decision = card && decisionOf(card, this.since, place, order)
      return { card, state: { decision, current: place === this.current, selected: this.selection.has(place) } }
    })
    this.marked = this.blocks.card(this.current)?.id ?? this.marked
    this.map.mark(this.marked)
    this.bar.show(this.selection.count, total, this.data.tags)
    this.rememberSoon()
  }

  rememberSoon() {
    clearTimeout(this.remembering)
    if (this.leaving) return
    this.remembering = window.setTimeout(() => this.remember(), REMEMBERED_AFTER_MS)
  }

  leave() {
    this.remember()
    this.leaving = true
  }

  remember() {
    clearTimeout(this.remembering)
    const address = this.data.view
    if (this.ready && this.marked) rememberWall({ address, clip_id: this.marked, scroll_px: this.window.scroll_px })
  }

  /** The part of the window in which a card is seen whole. */
  clear() {
    const { top, bottom } = this.window.seen()
    return { top: top + EDGE_PX, bottom: bottom - (this.selection.count ? BAR_PX : EDGE_PX) }
  }

  /** @param {number} place */
  isSeen(place) {
    const { top, bottom } = this.drawing.box(place)
    const seen = this.window.seen()
    return (top + bottom) / 2 > seen.top && (top + bottom) / 2 < seen.bottom
  }

  firstSeen() {
    const { top_px } = this.window.part()
    return placesIn(this.drawing.grid, this.data.total, top_px, 1, 0)[0]
  }

  /** @param {boolean} [inTheMiddle] where it is out of sight */
  bringIntoSight(inTheMiddle = false) {
    const box = this.drawing.box(this.current)
    const seen = this.clear()
    const step = scrollFor(box, seen)
    this.window.by(step && inTheMiddle ? (box.top + box.bottom - seen.top - seen.bottom) / 2 : step)
  }

  resized() {
    const anchor = this.isSeen(this.current) ? this.current : this.firstSeen()
    const y = this.drawing.box(anchor).top
    this.drawing.layOut(cardSize(), this.data.total)
    this.window.by(this.drawing.box(anchor).top - y)
    this.draw()
  }

  /** @param {string} text */
  say(text) {
    this.said.textContent = text
  }

  end() {
    clearTimeout(this.remembering)
    this.blocks.end()
    this.keys.end()
    this.map.end()
    this.window.end()
    window.removeEventListener(SIZE_CHANGED, this.onSize)
  }
}
