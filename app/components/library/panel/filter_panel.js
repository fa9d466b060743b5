// @ts-check
import { element } from "../../browser/element.js"
import { isOurs, keyName } from "../../browser/keys.js"
import { mounted } from "../../browser/mounted.js"
import { recall, remember } from "../../browser/remembered.js"
import { hear, OPENED, say } from "../../browser/signals.js"
import { FilterState } from "./filter_state.js"
import { FlagChips } from "./flag_chips.js"
import { ListFilter } from "./list_filter.js"
import { NumberFilter } from "./number_filter.js"

/** @typedef {import("./filter_state.js").Bounds} Bounds */
/** @typedef {import("./filter_state.js").ListName} ListName */
/** @typedef {import("./list_filter.js").ListCount} ListCount */
/** @typedef {import("./number_filter.js").NumberWords} NumberWords */
/** @typedef {import("./number_filter.js").Spread} Spread */

/**
 * @typedef {object} PanelData
 * @property {string} feed
 * @property {string} view the view's address
 * @property {number} changes grows with everything that is written
 * @property {NumberWords[]} numbers
 * @property {Record<string, [string, string]>} flags
 * @property {Record<string, string>} videos names by id
 */

/**
 * @typedef {object} Counts
 * @property {number} clips
 * @property {number} everything
 * @property {boolean} is_sample
 * @property {boolean} stale
 * @property {Spread[]} numbers
 * @property {Record<string, [number, number]>} flags
 * @property {ListCount[]} sources
 * @property {ListCount[]} origins
 * @property {ListCount[]} videos
 * @property {ListCount[]} tags
 */

const FOLDED = "handpicked-filters-folded"
const OPEN = "handpicked-filters-open"
const NARROW_PX = 1100
const ONE_PANEL_PX = 1280
const PAUSE_MS = 250 // a brush that rests so long shows its clips on the wall
const AGAIN_MS = 1500
/** @type {[ListName, "sources" | "origins" | "videos", string][]} */
const LISTS = [
  ["source", "sources", "Sources"],
  ["origin", "origins", "Origins"],
  ["video", "videos", "Videos"],
]

class FilterPanel {
  /**
   * @param {HTMLElement} root
   * @param {PanelData} data
   */
  constructor(root, data) {
    this.root = root
    this.data = data
    this.state = new FilterState(data.view)
    /** @type {string | null} */
    this.asked = null
    /** @type {Counts | null} */
    this.counts = null
    /** @type {AbortController | null} */
    this.request = null
    this.timer = 0
    this.again = 0
    /** @type {import("../../browser/mounted.js").Send} */
    this.trigger = () => {}
    /** @type {Map<string, NumberFilter>} */
    this.numbers = new Map()
    this.words = ""
    const panel = element("section", "panel", root)
    panel.setAttribute("aria-label", "Filters")
    const head = element("div", "top", panel)
    this.fold = element("button", "fold", head)
    this.fold.onclick = () => this.setFolded(!this.isFolded)
    element("span", "arrow", this.fold)
    this.label = element("span", "word", this.fold, "Filters")
    this.fold.append(" ")
    this.badge = element("span", "badge", this.fold)
    this.clear = element("button", "clear-all", head, "Clear all")
    this.clear.onclick = () => {
      this.state.clear(Object.keys(this.data.flags))
      this.changed(true)
    }
    this.body = element("div", "body", panel)
    this.total = element("div", "total", this.body)
    this.total.setAttribute("role", "status")
    this.find = element("input", "find", this.body)
    this.find.type = "search"
    this.find.placeholder = "Find a number"
    this.find.setAttribute("aria-label", "Find a number")
    this.find.oninput = () => this.search()
    this.groups = element("div", "groups", this.body)
    this.flags = new FlagChips(this.body, (name, answer) => {
      this.state.setFlag(name, answer)
      this.changed(true)
    })
    this.tags = new ListFilter(
      this.body, "Tags", (tag) => tag,
      (tag) => (this.state.has("tag", tag) ? "yes" : this.state.has("without", tag) ? "no" : ""),
      (tag) => { this.state.turnTag(tag); this.changed(true) },
    ) // prettier-ignore
    this.lists = LISTS.map(([param, , title]) => this.list(param, title))
    for (const list of [this.tags, ...this.lists])
      this.rememberOpen(list.node, `list ${list.summary.textContent}`, false)
    const isFull = window.innerWidth < ONE_PANEL_PX && new URLSearchParams(location.search).get("map") === "beside"
    const kept = isFull ? "yes" : recall(FOLDED)
    this.setFolded((kept ?? (window.innerWidth < NARROW_PX ? "yes" : "no")) === "yes", false)
    this.onKey = (/** @type {KeyboardEvent} */ event) => {
      if (keyName(event) !== "f" || !isOurs(event, this.root)) return
      event.preventDefault()
      this.setFolded(!this.isFolded)
    }
    document.addEventListener("keydown", this.onKey)
    // A narrow window has room for one panel beside the clips.
    this.endHearing = hear(OPENED, (/** @type {string} */ panel) => {
      if (panel !== "filters" && window.innerWidth < ONE_PANEL_PX) this.setFolded(true, false)
    })
  }

  /**
   * @param {ListName} param
   * @param {string} title
   */
  list(param, title) {
    return new ListFilter(
      this.body, title, (value) => (param === "video" ? (this.data.videos[value] ?? value) : value),
      (value) => (this.state.has(param, value) ? "yes" : ""),
      (value) => { this.state.put(param, value, !this.state.has(param, value)); this.changed(true) },
    ) // prettier-ignore
  }

  get isFolded() {
    return this.root.classList.contains("folded")
  }

  /**
   * @param {boolean} folded
   * @param {boolean} [kept] whether it is somebody's choice, to be remembered
   */
  setFolded(folded, kept = true) {
    this.root.classList.toggle("folded", folded)
    this.fold.setAttribute("aria-expanded", String(!folded))
    this.fold.title = folded ? "Show the filters (F)" : "Fold the filters (F)"
    if (kept) remember(FOLDED, folded ? "yes" : "no")
    if (kept && !folded) say(OPENED, "filters")
  }

  /** @param {import("../../browser/mounted.js").Mount<PanelData>} mount */
  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue
    const before = this.data
    this.data = data
    const words = JSON.stringify([data.numbers, data.flags])
    if (words !== this.words) this.build(words)
    const isBusy = this.timer || [...this.numbers.values()].some(({ drag }) => drag)
    // While somebody drags, an answer to an earlier place of the brush must not put it back.
    if (!isBusy && (data.view !== before.view || !this.counts)) this.state = new FilterState(data.view)
    if (!isBusy && (data.changes !== before.changes || this.state.address !== this.asked)) void this.ask()
  }

  /** Draw the numbers by group, and the flags. @param {string} words */
  build(words) {
    this.words = words
    this.numbers.clear()
    this.groups.replaceChildren()
    /** @type {Map<string, HTMLElement>} */
    const groups = new Map()
    for (const number of this.data.numbers) {
      let group = groups.get(number.group)
      if (!group) {
        const details = element("details", "group", this.groups)
        element("summary", "", details, number.group)
        const isSet = this.data.numbers.some(
          ({ name, group: of }) => of === number.group && Object.values(this.state.range(name)).some((b) => b !== null),
        )
        this.rememberOpen(details, number.group, !groups.size || isSet)
        group = details
        groups.set(number.group, group)
      }
      const filter = new NumberFilter(group, number, (bounds, done) => {
        this.state.setRange(number.name, bounds)
        this.changed(done)
      })
      this.numbers.set(number.name, filter)
    }
    this.flags.build(this.data.flags)
    if (this.counts) this.draw()
  }

  /**
   * Keep which groups are open.
   * @param {HTMLDetailsElement} details
   * @param {string} name
   * @param {boolean} first
   */
  rememberOpen(details, name, first) {
    const kept = recall(`${OPEN} ${name}`)
    details.open = kept === null ? first : kept === "yes"
    details.onclick = (event) => {
      if (event.target === details.firstElementChild) remember(`${OPEN} ${name}`, details.open ? "no" : "yes")
    }
  }

  /** Show the numbers whose name has what is typed. */
  search() {
    const wanted = this.find.value.trim().toLowerCase()
    this.groups.classList.toggle("searched", Boolean(wanted))
    for (const { node, words } of this.numbers.values()) {
      node.hidden = !`${words.title} ${words.name} ${words.group} ${words.meaning}`.toLowerCase().includes(wanted)
    }
    for (const group of /** @type {NodeListOf<HTMLDetailsElement>} */ (this.groups.querySelectorAll("details"))) {
      const isHit = [...group.querySelectorAll(".number")].some((node) => !(/** @type {HTMLElement} */ (node).hidden))
      group.hidden = !isHit
      if (wanted && isHit) group.open = true
    }
  }

  /**
   * A filter was changed: show its counts at once, and its clips when it rests.
   * @param {boolean} done
   */
  changed(done) {
    void this.ask()
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => {
        this.timer = 0
        this.trigger("view", this.state.address)
      }, done ? 0 : PAUSE_MS) // prettier-ignore
    this.drawState()
  }

  /** Ask for the counts. The latest question wins: an earlier one that is not answered yet is dropped. */
  async ask() {
    this.request?.abort()
    clearTimeout(this.again)
    const request = new AbortController()
    this.request = request
    this.asked = this.state.address
    try {
      const answer = await fetch(`${this.data.feed}?${this.state.address}`, { signal: request.signal })
      const found = await answer.json()
      if (!answer.ok) throw new Error(found.problem)
      this.counts = found
      this.draw()
      if (found.stale) this.again = window.setTimeout(() => void this.ask(), AGAIN_MS)
    } catch (error) {
      if (request.signal.aborted) return
      this.total.textContent = error instanceof Error ? error.message : "No counts: the app does not answer."
      this.again = window.setTimeout(() => void this.ask(), 4 * AGAIN_MS)
    }
  }

  draw() {
    const { counts } = this
    if (!counts) return
    const about = counts.is_sample ? "about " : ""
    this.total.replaceChildren()
    element("b", "", this.total, counts.clips.toLocaleString("en"))
    this.total.append(` of ${counts.everything.toLocaleString("en")} clips`)
    if (about) this.total.title = "The bars are counted on a sample of 300,000 clips"
    for (const spread of counts.numbers)
      this.numbers.get(spread.column)?.update(spread, this.state.range(spread.column))
    this.tags.update(counts.tags)
    LISTS.forEach(([, name], n) => this.lists[n].update(counts[name]))
    this.drawState()
  }

  /** Show which filters are set. */
  drawState() {
    const flags = Object.keys(this.data.flags)
    const set = this.state.count(flags)
    this.badge.textContent = set ? String(set) : ""
    this.fold.setAttribute("aria-label", set ? `Filters, ${set} set` : "Filters")
    this.clear.hidden = !set
    this.flags.update((name) => this.state.flag(name), this.counts?.flags ?? {})
  }

  end() {
    this.request?.abort()
    clearTimeout(this.timer)
    clearTimeout(this.again)
    document.removeEventListener("keydown", this.onKey)
    this.endHearing()
  }
}

/** @type {(mount: import("../../browser/mounted.js").Mount<PanelData>) => () => void} */
export default mounted(".root", (root, data) => new FilterPanel(root, data))
