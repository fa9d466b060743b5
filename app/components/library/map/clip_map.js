// @ts-check
import { recall, remember } from "../../browser/remembered.js"
import { GO_TO, hear, MARKED, OPENED, say, WHICH } from "../../browser/signals.js"
import { MapData, STATE } from "./map_data.js"
import { MapHands } from "./map_hands.js"
import { MapPainter } from "./map_painter.js"
import { MapSource } from "./map_source.js"
import { MapView } from "./map_view.js"
import { MapWords } from "./map_words.js"

/** @typedef {import("../../browser/signals.js").ClipSignal} ClipSignal */

/**
 * @typedef {object} MapProps
 * @property {string} feed
 * @property {string} view the view's address
 * @property {boolean} beside whether the map lies beside the wall, or in its place
 * @property {string} mark another one for another map
 * @property {string} method
 * @property {string} note what else there is to say of it
 * @property {string} numbers another one where colours may have changed
 * @property {number} changes grows with everything that is written
 * @property {Record<string, string>} columns what points can be coloured by, with its title
 * @property {Record<string, string>} meanings
 * @property {string} first the column that colours them at first
 * @property {string} thumbnails address below which thumbnails lie
 */

const COLOUR = "handpicked-map-colour"
const AGAIN_MS = 3000
const NARROW_PX = 1280 // in a window below this width there is room for one panel beside the wall

/** All clips as points; those inside a lasso become the view. */
export class ClipMap {
  /**
   * @param {HTMLElement} root
   * @param {MapProps} props
   */
  constructor(root, props) {
    this.root = root
    this.props = props
    this.column = ""
    this.shown = ""
    this.asked = ""
    this.again = 0
    this.missing = 0
    this.data = MapData.none
    this.view = new MapView()
    this.source = new MapSource()
    /** @type {import("../../browser/mounted.js").Send} */
    this.trigger = () => {}
    /** The clips that the wall marks and points at. */
    this.marked = ""
    this.hovered = ""
    root.setAttribute("role", "region")
    root.setAttribute("aria-label", "Map")
    this.words = new MapWords(root, {
      colour: (column) => {
        remember(COLOUR, column)
        void this.load()
      },
      enlarge: () => this.trigger("large", this.props.beside ? "yes" : "no"),
      close: () => this.trigger("closed", true),
    })
    this.painter = new MapPainter(this.words.below, this.words.above)
    this.hands = new MapHands(this)
    this.watch = new ResizeObserver(() => this.resize())
    this.watch.observe(this.words.above)
    this.ends = [
      hear(MARKED, (/** @type {ClipSignal} */ signal) => this.follow(signal)),
      hear(OPENED, (/** @type {string} */ panel) => {
        if (panel !== "map" && this.props.beside && window.innerWidth < NARROW_PX) this.trigger("closed", true)
      }),
    ]
    if (props.beside) {
      say(WHICH)
      say(OPENED, "map")
    }
  }

  /** @param {import("../../browser/mounted.js").Mount<MapProps>} mount */
  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue
    this.props = data
    this.root.classList.toggle("beside", data.beside)
    const kept = recall(COLOUR) ?? ""
    this.words.build(data, kept in data.columns ? kept : data.first)
    void this.load()
  }

  /** Fetch what is not here yet: the points where they are others, and the view's part of them. */
  async load() {
    clearTimeout(this.again)
    try {
      await this.fetch()
    } catch (error) {
      this.words.problem(error instanceof Error ? error.message : "The map can't be read now.")
      this.again = window.setTimeout(() => void this.load(), AGAIN_MS)
    }
  }

  async fetch() {
    const { feed, mark, numbers, view, changes } = this.props
    const { column } = this.words
    const points = `${mark} ${numbers} ${column}`
    if (points !== this.shown) {
      const answer = await this.source.get("points", feed, new URLSearchParams({ column, mark }).toString())
      if (!answer) return
      const before = this.data
      this.data = new MapData(answer)
      if (before.count === this.data.count) this.data.state = before.state
      this.column = column
      this.shown = points
      this.asked = ""
      this.hands.near = -1
    }
    const inside = `${view} ${changes}`
    if (inside !== this.asked) {
      this.asked = inside
      const answer = await this.source.get("inside", feed, view)
      if (!answer) return
      this.missing = answer.missing
      // Clips came or went since the points did.
      if (!this.data.take(answer.states)) {
        this.shown = ""
        throw new Error("The map changed: reading it again")
      }
    }
    this.words.show(this.data, this.column, this.missing)
    this.draw()
  }

  resize() {
    this.painter.fit(this.view)
    this.draw()
  }

  draw() {
    this.painter.points(this.data, this.view, this.hands.lassoed())
    this.drawMarks()
  }

  drawMarks() {
    this.painter.marks(this.data, this.view, {
      lasso: this.hands.lasso,
      near: this.hands.near,
      marked: this.data.at(this.marked),
      hovered: this.data.at(this.hovered),
    })
  }

  /**
   * The wall marks another clip, or the pointer is over another card.
   * @param {ClipSignal} signal
   */
  follow({ clip_id, hovered }) {
    if (!this.props.beside) return
    if (hovered) this.hovered = clip_id
    else this.marked = clip_id
    this.drawMarks()
  }

  /**
   * Go to a point's clip: the wall does, where there is one beside the map; else the clip opens.
   * @param {number} n
   */
  goTo(n) {
    const clip_id = this.data.clip_ids[n]
    if (!this.props.beside) return this.trigger("open", clip_id)
    if (this.data.state[n] === STATE.in) say(GO_TO, { clip_id, hovered: false })
    else this.words.say("That clip is not in the view")
  }

  /** @param {number[]} points */
  pick(points) {
    const picked = points.filter((n) => this.data.state[n] !== STATE.out)
    if (!picked.length) return this.words.say("No clip of the view lies in there")
    this.words.say(`${picked.length.toLocaleString("en")} clips drawn around`)
    const ids = picked.map((n) => this.data.clip_ids[n])
    this.trigger("picked", ids)
  }

  end() {
    clearTimeout(this.again)
    this.source.end()
    this.watch.disconnect()
    for (const end of this.ends) end()
  }
}
