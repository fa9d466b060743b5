// @ts-check
import { letters } from "../../browser/letters.js"
import { tagLine } from "../../clips/tag_line.js"
import { decisionOf, noteUnconfirmed, steppedPlace } from "../../clips/wall_state.js"
import { cardSize, setCardSize } from "./size.js"
import { steppedSize } from "./wall_grid.js"

/** @typedef {import("../../clips/wall_state.js").Action} Action */
/** @typedef {import("./selection_bar.js").BarAction} BarAction */
/** @typedef {import("./whole_wall.js").ViewWall} ViewWall */

/** What a person does on a wall, by mouse, by keys or in the bar: moves the mark, selects, decides, tags, undoes. */
export class WallHands {
  /** @param {ViewWall} wall */
  constructor(wall) {
    this.wall = wall
    /** The place that is opened as soon as its card comes; -1 where none waits. */
    this.toOpen = -1
  }

  takesKeys() {
    return this.wall.ready && this.wall.data.total > 0
  }

  steps() {
    const { grid } = this.wall.drawing
    const rows = Math.max(1, Math.floor(this.wall.window.part().height_px / grid.row_px))
    return { columns: grid.columns, page: rows * grid.columns, total: this.wall.data.total }
  }

  // --- the mark and the selection --------------------------------------------------------------------------------

  /** @param {number} place */
  focused(place) {
    if (place === this.wall.current) return
    this.wall.current = place
    this.wall.draw()
  }

  focus() {
    this.wall.drawing.focus(this.wall.current)
  }

  /**
   * @param {MouseEvent} event
   * @param {number} place
   */
  clicked(event, place) {
    const { wall } = this
    wall.current = place
    this.toOpen = -1
    if (event.shiftKey) wall.selection.reach(place)
    else if (event.ctrlKey || event.metaKey) wall.selection.toggle(place)
    else wall.selection.only(place)
    wall.draw()
    this.focus()
    this.saySelected()
  }

  /**
   * @param {number} step
   * @param {boolean} reach whether the selection grows with it
   */
  move(step, reach) {
    const { wall } = this
    const { selection } = wall
    const before = wall.current
    this.toOpen = -1
    wall.current = steppedPlace(before, step, wall.data.total)
    if (reach) {
      if (!selection.count) selection.anchor = before
      selection.reach(wall.current)
    } else if (selection.count === 1) {
      // A single clip was clicked, not gathered: keys go on with the marked one.
      selection.clear()
    }
    if (!reach) selection.anchor = wall.current
    wall.bringIntoSight()
    wall.draw()
    this.focus()
    if (reach) this.saySelected()
  }

  toggle() {
    this.wall.selection.toggle(this.wall.current)
    this.wall.draw()
    this.saySelected()
  }

  selectAll() {
    this.wall.selection.all(this.wall.data.total)
    this.wall.draw()
    this.saySelected()
  }

  /** Select nothing; returns whether anything was selected. */
  clear() {
    const any = this.wall.selection.count > 0
    this.wall.selection.clear()
    this.wall.draw()
    if (any) this.wall.say("Nothing selected")
    return any
  }

  saySelected() {
    const { count } = this.wall.selection
    this.wall.say(count ? `${count.toLocaleString("en")} selected` : "Nothing selected")
  }

  // --- actions ---------------------------------------------------------------------------------------------------

  /**
   * Keep an action until Python says that it has it: fast keys come faster than the app answers.
   * @param {Omit<Action, "id">} action
   */
  act(action) {
    const once = { id: letters(16), ...action }
    this.wall.waiting.push(once)
    this.wall.since.push(once)
    noteUnconfirmed(this.wall.said, this.wall.waiting)
    this.wall.setState("log", this.wall.waiting)
    this.wall.draw()
  }

  /** The marked clip's card, as far as it has come. */
  get card() {
    return this.wall.blocks.card(this.wall.current) ?? null
  }

  /** Whether keys are about several clips that were gathered, and not about the marked one. */
  get several() {
    const { selection, current } = this.wall
    return selection.count > 1 || (selection.count === 1 && !selection.has(current))
  }

  /**
   * Do something to the selected clips.
   * @param {Omit<Action, "id">} what
   * @param {string} said
   */
  onSelected(what, said) {
    const { selection, data } = this.wall
    if (!selection.count) return
    this.act({ order: data.order, places: selection.places, ...what })
    this.wall.say(`${said}: ${selection.count.toLocaleString("en")}`)
  }

  /**
   * Do something to the marked clip where its mark can be seen; else bring that into view, for nobody decides about a
   * clip that they don't see.
   * @param {(card: import("../../clips/card.js").Card) => void} act
   */
  withMarked(act) {
    if (!this.card) {
      const gone = this.wall.blocks.card(this.wall.current) === null
      return this.wall.say(gone ? "This clip is gone" : "This clip is still loading. Press the key again.")
    }
    if (this.wall.isSeen(this.wall.current)) return act(this.card)
    this.wall.bringIntoSight(true)
    this.wall.draw()
    this.wall.say(`The marked clip is ${this.card.title}. Press the key again.`)
  }

  /** Open the marked clip; where its card has not come yet, as soon as it does. */
  open() {
    const { wall } = this
    if (wall.blocks.card(wall.current) === undefined) {
      this.toOpen = wall.current
      wall.say("Opening")
      return
    }
    this.toOpen = -1
    this.withMarked((card) => {
      this.wall.leave()
      this.wall.trigger("open", card.id)
    })
  }

  /** Cards came: open the one that somebody waits for. */
  cardsCame() {
    if (this.toOpen === this.wall.current && this.card) this.open()
  }

  /** @param {"keep" | "drop"} wanted */
  decide(wanted) {
    if (this.several) return this.onSelected({ decision: wanted }, wanted)
    this.withMarked((card) => {
      const { wall } = this
      const decision = decisionOf(card, wall.since, wall.current, wall.data.order) === wanted ? null : wanted
      this.act({ clip_id: card.id, decision })
      wall.say(decision ? `${decision}: ${card.title}` : `No decision: ${card.title}`)
      if (decision) this.move(1, false)
    })
  }

  tag() {
    if (this.several) return this.wall.bar.askTag()
    this.withMarked((card) => {
      const view = this.wall.drawing.views.get(this.wall.current)
      if (!view) return
      tagLine(view.node, this.wall.data.tags, {
        take: (tag) => {
          this.act({ clip_id: card.id, tag })
          this.wall.say(`Tagged ${tag}: ${card.title}`)
        },
        gone: () => {},
        closed: () => this.focus(),
      })
    })
  }

  undo() {
    this.act({ undo: true })
    this.wall.say("Undone")
  }

  /** @param {number} direction */
  resize(direction) {
    setCardSize(steppedSize(cardSize(), direction))
  }

  /** @param {BarAction} action */
  onBar(action) {
    const { wall } = this
    if (action === "clear") this.clear()
    else if (action === "keep" || action === "drop") this.onSelected({ decision: action }, action)
    else {
      wall.leave()
      wall.trigger("asked", { what: action, order: wall.data.order, places: wall.selection.places })
    }
    this.focus()
  }
}
