// @ts-check
import { element } from "../../browser/element.js"
import { focus } from "../../browser/keys.js"
import { short } from "./map_data.js"
import { RAMP, colourOf } from "./map_painter.js"

/** @typedef {import("./clip_map.js").ClipMap} ClipMap */
/** @typedef {import("./clip_map.js").MapProps} MapProps */
/** @typedef {import("./map_data.js").MapData} MapData */
/** @typedef {import("./map_view.js").Point} Point */

/**
 * @typedef {object} Wishes
 * @property {(column: string) => void} colour
 * @property {() => void} enlarge
 * @property {() => void} close
 */

const TIP = { width: 216, height: 176 }
const HELP = {
  beside: "Draw around clips to see only them · click goes to a clip · wheel zooms · double-click shows all",
  whole: "Draw around clips to see only them · click opens a clip · wheel zooms · double-click shows all",
}

/** Everything around the points: head, legend, what is pointed at, and the map in words and as a table. */
export class MapWords {
  /**
   * @param {HTMLElement} root
   * @param {Wishes} wishes
   */
  constructor(root, wishes) {
    this.column = ""
    this.built = ""
    /** @type {MapProps | null} */
    this.props = null
    const head = element("div", "head", root)
    element("span", "title", head, "Map")
    const label = element("label", "colour", head)
    element("span", "quiet", label, "Colour")
    this.select = element("select", "", label)
    this.select.setAttribute("aria-label", "Colour by")
    this.select.onchange = () => {
      this.column = this.select.value
      // Somebody who chose by the mouse goes on with the keys of the wall.
      if (!focus.byTab) this.select.blur()
      wishes.colour(this.column)
    }
    this.larger = element("button", "plain", head)
    this.larger.onclick = wishes.enlarge
    this.closer = element("button", "plain close", head, "✕")
    this.closer.title = "Close the map (M)"
    this.closer.setAttribute("aria-label", "Close the map")
    this.closer.onclick = wishes.close
    const stage = element("div", "stage", root)
    this.below = element("canvas", "below", stage)
    this.below.setAttribute("aria-hidden", "true")
    this.above = element("canvas", "above", stage)
    this.above.tabIndex = 0
    this.above.setAttribute("role", "application")
    this.above.setAttribute("aria-roledescription", "map of clips")
    this.above.setAttribute("aria-label", "Map of clips, being read")
    this.tip = element("div", "tip", stage)
    this.tip.hidden = true
    this.image = element("img", "", this.tip)
    this.image.alt = ""
    this.name = element("div", "name", this.tip)
    this.value = element("div", "quiet", this.tip)
    this.count = element("div", "count", root)
    this.legend = element("div", "legend", root)
    this.help = element("div", "help", root)
    this.table = element("details", "table", root)
    element("summary", "", this.table, "Show as table")
    this.rows = element("table", "", this.table)
    this.status = element("div", "said", root)
    this.status.setAttribute("role", "status")
  }

  /**
   * @param {MapProps} props
   * @param {string} column
   */
  build(props, column) {
    this.props = props
    this.help.textContent = props.beside ? HELP.beside : HELP.whole
    this.larger.textContent = props.beside ? "⤢" : "Beside the clips"
    this.larger.setAttribute("aria-label", props.beside ? "Make the map large" : "Beside the clips")
    this.larger.title = props.beside ? "Make the map large" : "Wall and map side by side (M)"
    this.closer.hidden = !props.beside
    const built = JSON.stringify(props.columns)
    if (built !== this.built) {
      this.built = built
      this.select.replaceChildren()
      for (const [name, title] of Object.entries(props.columns)) element("option", "", this.select, title).value = name
    }
    this.column = column
    this.select.value = column
    this.select.title = props.meanings[column] ?? ""
  }

  /**
   * Say what the map shows.
   * @param {MapData} data
   * @param {string} column
   * @param {number} missing clips of the view that have no point
   */
  show(data, column, missing) {
    const title = this.title(column)
    const [all, inside] = [data.count.toLocaleString("en"), data.inside.toLocaleString("en")]
    const rest = missing ? ` · ${missing.toLocaleString("en")} without a place on it` : ""
    const note = this.props?.note ? ` · ${this.props.note}` : ""
    const noun = data.count === 1 ? "clip" : "clips"
    const clips = data.inside === data.count ? `${all} ${noun}` : `${inside} of ${all} ${noun}`
    this.count.textContent = `${clips}${rest} · ${this.props?.method}${note}`
    this.count.title = missing ? "They came after the map was made, have no embedding, or are not in its sample" : ""
    const scale = data.low === null ? "" : `, from ${short(data.low)} to ${short(data.high)}`
    this.above.setAttribute(
      "aria-label",
      `Map of ${all} clips by ${this.props?.method}, alike ones near one another; ${inside} are in the view. ` +
        `Coloured by ${title}${scale}. Arrow keys go from clip to clip, Enter goes to it.`,
    )
    this.drawLegend(data, title)
    this.fill(data, title)
  }

  /** @param {string} column */
  title(column) {
    return this.props?.columns[column] ?? column
  }

  /**
   * @param {MapData} data
   * @param {string} title
   */
  drawLegend(data, title) {
    this.legend.replaceChildren()
    data.classes.forEach((name, n) => {
      const key = element("span", "key", this.legend)
      element("span", "dot", key).style.background = colourOf(n, data.classes)
      element("span", "word", key, name)
    })
    if (data.low === null) return
    const key = element("span", "key scale", this.legend)
    key.title = title
    element("span", "", key, short(data.low))
    element("span", "ramp", key).style.background = `linear-gradient(90deg, ${RAMP.join()})`
    element("span", "", key, short(data.high))
  }

  /**
   * The table of the same: each colour with its clips.
   * @param {MapData} data
   * @param {string} title
   */
  fill(data, title) {
    this.rows.replaceChildren()
    const head = element("tr", "", element("thead", "", this.rows))
    for (const word of [title, "Clips", "In the view"]) element("th", "", head, word).scope = "col"
    const body = element("tbody", "", this.rows)
    for (const row of data.rows()) {
      const line = element("tr", "", body)
      element("th", "", line, row.name).scope = "row"
      for (const many of [row.clips, row.inside]) element("td", "", line, many.toLocaleString("en"))
    }
  }

  /**
   * Show a clip's picture and words at a place of the canvas.
   * @param {number} n
   * @param {Point} pixel
   * @param {ClipMap} map
   */
  tipAt(n, [x, y], { data, view, column, props }) {
    if (this.tip.hidden || this.tip.dataset["clip"] !== data.clip_ids[n]) {
      this.tip.dataset["clip"] = data.clip_ids[n]
      this.image.src = `${props.thumbnails}/${encodeURIComponent(data.clip_ids[n])}`
      this.name.textContent = data.title(n)
      this.value.textContent = `${this.title(column)}: ${data.valueText(n)}`
    }
    this.tip.hidden = false
    const left = x + 14 + TIP.width > view.width ? x - 14 - TIP.width : x + 14
    const top = y + 14 + TIP.height > view.height ? y - 14 - TIP.height : y + 14
    this.tip.style.left = `${Math.max(4, Math.min(left, view.width - TIP.width - 4))}px`
    this.tip.style.top = `${Math.max(4, top)}px`
  }

  /** @param {string} text */
  problem(text) {
    this.count.textContent = text
  }

  /** @param {string} text */
  say(text) {
    this.status.textContent = text
  }
}
