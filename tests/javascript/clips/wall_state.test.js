// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { decisionOf, standing, steppedPlace, unconfirmed } from "../../../app/components/clips/wall_state.js"

/** @typedef {import("../../../app/components/clips/wall_state.js").Action} Action */

/**
 * @param {string} id
 * @param {"keep" | "drop" | null} decision
 */
const card = (id, decision = null) =>
  /** @type {import("../../../app/components/clips/card.js").Card} */ ({ id, decision })

test("only actions that the app has not confirmed are sent again", () => {
  const waiting = [
    { id: "1", undo: /** @type {true} */ (true) },
    { id: "2", clip_id: "b", tag: "wet" },
  ]
  assert.deepEqual(unconfirmed(waiting, ["1", "other"]), [waiting[1]])
})

test("a card shows the last decision that is on its way, also one taken back", () => {
  /** @type {Action[]} */
  const waiting = [
    { id: "1", clip_id: "a", decision: "keep" },
    { id: "2", clip_id: "b", decision: null },
    { id: "3", clip_id: "a", tag: "wet" },
  ]
  assert.equal(decisionOf(card("a"), waiting), "keep")
  assert.equal(decisionOf(card("b", "drop"), waiting), null)
  assert.equal(decisionOf(card("c", "drop"), waiting), "drop")
})

test("a decision about places counts for the clips of that order alone", () => {
  /** @type {Action[]} */
  const waiting = [
    {
      id: "1",
      order: "x",
      places: [
        [2, 4],
        [9, 9],
      ],
      decision: "drop",
    },
  ]
  assert.equal(decisionOf(card("a"), waiting, 3, "x"), "drop")
  assert.equal(decisionOf(card("a"), waiting, 9, "x"), "drop")
  assert.equal(decisionOf(card("a"), waiting, 5, "x"), null)
  assert.equal(decisionOf(card("a"), waiting, 3, "y"), null)
})

test("an undo takes the action before it back at once", () => {
  /** @type {Action[]} */
  const waiting = [
    { id: "1", clip_id: "a", decision: "keep" },
    { id: "2", clip_id: "b", decision: "drop" },
    { id: "3", undo: true },
  ]
  assert.deepEqual(standing(waiting), [waiting[0]])
  assert.equal(decisionOf(card("b"), waiting), null)
})

test("the mark moves within the wall, and to the first clip where there was none", () => {
  assert.deepEqual(
    [steppedPlace(0, -1, 5), steppedPlace(3, 4, 5), steppedPlace(1, 1, 5), steppedPlace(-1, 1, 5)],
    [0, 4, 2, 0],
  )
})
