// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import {
  addressOf,
  counted,
  endsSoon,
  History,
  shownNow,
  walked,
} from "../../../app/components/library/loupe/loupe_state.js"

/** @param {string} id @returns {import("../../../app/components/library/loupe/loupe_state.js").Clip} */
const clip = (id) => ({
  card: { id, title: id, below: "", length: "1 s", number: "", hint: "", thumbnail: null, decision: null, tags: [] },
  src: "video",
  zero_s: 0,
  start_s: 0,
  end_s: 1,
  fps: 30,
})
const clips = ["a", "b", "c", "d"].map(clip)

test("somebody who stepped on stays where they are when the app answers for an earlier clip", () => {
  assert.equal(shownNow(clips, "b", "c", ["b", "c"]), "c")
  assert.equal(shownNow(clips, "c", "c", []), "c")
})

test("a clip that the app opens of its own accord is shown", () => {
  assert.equal(shownNow(clips, "d", "b", []), "d")
  assert.equal(shownNow(clips, "a", "", []), "a")
})

test("a clip that is not among the new ones gives way to the one that was asked for", () => {
  assert.equal(shownNow(clips, "b", "gone", ["b"]), "b")
})

test("more neighbours are asked for near an end that is not the view's", () => {
  assert.equal(endsSoon(40, 81, 100, 1000), false)
  assert.equal(endsSoon(75, 81, 100, 1000), true)
  assert.equal(endsSoon(3, 81, 100, 1000), true)
  assert.equal(endsSoon(3, 81, 0, 1000), false)
  assert.equal(endsSoon(79, 81, 919, 1000), false)
})

test("an address keeps its view, and its clip is written as the app writes it", () => {
  assert.equal(addressOf("?sort=reward&clip=a%400-1&source=x+y", "b c@5"), "?sort=reward&clip=b+c%405&source=x+y")
  assert.equal(addressOf("", "a"), "?clip=a")
})

test("a place is counted from one", () => {
  assert.equal(counted(11, 68), "12 of 68")
  assert.equal(counted(99_999, 100_000), "100,000 of 100,000")
})

test("the second press of the same key takes the decision back, and undo the last one", () => {
  const history = new History()
  const [{ card: a }, { card: b }] = clips
  assert.equal(history.decide(a, "keep"), "keep")
  assert.equal(history.decide(b, "drop"), "drop")
  assert.equal(history.decide(b, "drop"), null)
  assert.equal(history.undo(), "b")
  assert.equal(history.decision(b), "drop")
  assert.equal(history.undo(), "b")
  assert.equal(history.decision(b), null)
  history.tag(a)
  assert.equal(history.undo(), "a")
  assert.equal(history.decision(a), "keep")
  assert.equal(history.undo(), "a")
  assert.equal(history.decision(a), null)
  assert.equal(history.undo(), null)
})

test("what the app sends counts once it has confirmed all", () => {
  const history = new History()
  history.decide(clips[0].card, "keep")
  history.confirmed()
  assert.equal(history.decision(clips[0].card), null)
})

test("steps beyond the known clips are left for those on their way, and none at the view's ends", () => {
  assert.deepEqual(walked(38, 5, 41, 0, 80), { index: 40, left: 3 })
  assert.deepEqual(walked(30, 3, 71, 10, 80), { index: 33, left: 0 })
  assert.deepEqual(walked(38, 500, 41, 0, 80), { index: 40, left: 39 })
  assert.deepEqual(walked(40, 9, 41, 39, 80), { index: 40, left: 0 })
  assert.deepEqual(walked(0, -4, 41, 2, 80), { index: 0, left: -2 })
})
