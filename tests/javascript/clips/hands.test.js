// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { fitted, handFrame } from "../../../app/components/clips/hands.js"

const hand = (/** @type {number} */ slot) => ({ xy: Array(42).fill(0), slot, seen: true })
const track = { start_s: 0, end_s: 2, t_s: [0, 0.1, 0.2, 1.5], hands: [[hand(0)], [hand(1)], [], [hand(0), hand(1)]] }
const slots = (/** @type {number} */ t) => handFrame(track, t).map((one) => one.slot)

test("the hands in view are those of the last time at or before it", () => {
  assert.deepEqual([slots(0), slots(0.05), slots(0.15), slots(0.25), slots(1.5)], [[0], [0], [1], [], [0, 1]])
})

test("a player's clock may stand a hair before a time", () => {
  assert.deepEqual(slots(0.085), [1])
  assert.deepEqual([slots(-0.01), slots(-0.05)], [[0], []])
})

test("hands of long ago do not belong to the picture", () => {
  assert.deepEqual([slots(1.79), slots(1.81)], [[0, 1], []])
})

test("a picture lies in the middle of its player, with bars where its shape is another", () => {
  assert.deepEqual(fitted({ width: 200, height: 100 }, { width: 100, height: 100 }), {
    x: 50,
    y: 0,
    width: 100,
    height: 100,
  })
  assert.deepEqual(fitted({ width: 200, height: 200 }, { width: 400, height: 200 }), {
    x: 0,
    y: 50,
    width: 200,
    height: 100,
  })
})
