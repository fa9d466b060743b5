// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { frameStart, lanes, markFault, percent, shownPart } from "../../../app/components/clips/timeline.js"

const clips = (/** @type {number[][]} */ ...times) => times.map(([start_s, end_s]) => ({ start_s, end_s }))

test("clips one after another share a lane, also where one begins as another ends", () => {
  assert.deepEqual(lanes(clips([0, 2], [2, 4], [5, 6])), [0, 0, 0])
  assert.deepEqual(lanes(clips([0, 2.0000001], [2, 4])), [0, 0]) // a rounded end is no overlap
})

test("clips that overlap lie in lanes of their own, and a lane that is free is used again", () => {
  assert.deepEqual(lanes(clips([0, 4], [1, 3], [2, 5], [3, 6], [4.5, 7])), [0, 1, 2, 1, 0])
  assert.deepEqual(lanes([]), [])
})

test("no two clips of one lane overlap", () => {
  const many = Array.from({ length: 60 }, (_, n) => ({ start_s: n * 0.7, end_s: n * 0.7 + 1 + ((n * 37) % 11) }))
  const places = lanes(many)
  many.forEach((one, n) =>
    many.slice(n + 1).forEach((other, m) => {
      if (places[n] === places[n + 1 + m]) assert.ok(other.start_s >= one.end_s || other.end_s <= one.start_s)
    }),
  )
})

test("a whole video is shown from end to end, a clip with half its length around it", () => {
  assert.deepEqual(shownPart(null, 60), { start_s: 0, end_s: 60 })
  assert.deepEqual(shownPart({ start_s: 20, end_s: 28 }, 60), { start_s: 16, end_s: 32 })
  assert.deepEqual(shownPart({ start_s: 20, end_s: 20.5 }, 60), { start_s: 19, end_s: 21.5 }) // a second at least
  assert.deepEqual(shownPart({ start_s: 1, end_s: 59 }, 60), { start_s: 0, end_s: 60 })
})

test("places are told in percent of the part that is shown", () => {
  const part = { start_s: 10, end_s: 30 }
  assert.deepEqual(
    [10, 15, 30, 40].map((t) => percent(t, part)),
    [0, 25, 100, 150],
  )
})

test("the frame in view begins at or before the player's place", () => {
  assert.equal(frameStart(0, 25), 0)
  assert.ok(Math.abs(frameStart(1.05, 25) - 1.04) < 1e-9)
  // Four frames of 25 a second are 0.16 s; a player may say a hair less.
  assert.ok(Math.abs(frameStart(0.15999, 25) - 0.16) < 1e-9)
  assert.ok(Math.abs(frameStart(0.159, 25) - 0.12) < 1e-9)
})

test("two marks are a window, or it is said what is wrong with them", () => {
  assert.equal(markFault(1, 2), "")
  assert.match(markFault(1, null), /^Mark in .* first/)
  assert.match(markFault(null, 2), /^Mark in .* first/)
  assert.match(markFault(2, 2), /^The out mark lies before/)
  assert.match(markFault(3, 2), /^The out mark lies before/)
})
