// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { decisionsOf, markedPlace, steppedPlace, unconfirmed } from "../../../app/components/clips/wall_state.js"

/** @typedef {import("../../../app/components/clips/wall_state.js").Decision} Decision */

/**
 * @param {string} id
 * @param {Decision} decision
 */
const card = (id, decision = null) => ({
  ...{ id, decision, title: id, below: "", length: "2 s" },
  ...{ score: "", hint: "", thumbnail: null, sprite: null },
})

test("an action is sent again until the app has done it", () => {
  const waiting = [{ id: "1" }, { id: "2" }, { id: "3" }]
  assert.deepEqual(unconfirmed(waiting, ["2", "0"]), [{ id: "1" }, { id: "3" }])
  assert.deepEqual(unconfirmed(waiting, []), waiting)
})

test("a decision that is on its way shows already, the last one of several", () => {
  const cards = [card("a"), card("b", "keep"), card("c", "drop")]
  const waiting = [
    { id: "1", clip_id: "a", decision: /** @type {Decision} */ ("keep") },
    { id: "2", clip_id: "a", decision: /** @type {Decision} */ ("drop") },
    { id: "3", clip_id: "b", decision: null },
    { id: "4", clip_id: "c", tag: "blurry" },
    { id: "5", clip_id: "gone", decision: /** @type {Decision} */ ("keep") },
    { id: "6", undo: /** @type {true} */ (true) },
  ]
  assert.deepEqual(decisionsOf(cards, waiting), ["drop", null, "drop"])
})

test("a clip that is still here keeps its mark, wherever it went", () => {
  assert.equal(markedPlace([card("b"), card("a")], "a", true), 1)
  assert.equal(markedPlace([card("b"), card("a")], "a", false), 1)
})

test("where the marked clip has left, the first one is marked, or none on a wall without keys", () => {
  assert.equal(markedPlace([card("b")], "a", true), 0)
  assert.equal(markedPlace([card("b")], "a", false), -1)
  assert.equal(markedPlace([card("b")], undefined, false), -1)
})

test("steps end at the first and the last clip, and begin at the first", () => {
  assert.deepEqual([steppedPlace(3, 1, 5), steppedPlace(3, -1, 5)], [4, 2])
  assert.deepEqual([steppedPlace(4, 1, 5), steppedPlace(2, 4, 5), steppedPlace(1, -4, 5)], [4, 4, 0])
  assert.equal(steppedPlace(-1, 4, 5), 0)
})
