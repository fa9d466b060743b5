// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { catchUp, hasEnded, jumpTo_s, lapsWithin, lookAhead_s } from "../../../app/components/label/laps.js"

test("the shorter clip plays as often as it fits into the longer one", () => {
  assert.equal(lapsWithin(2, 2), 1)
  assert.equal(lapsWithin(2, 3.9), 2) // a twentieth of a lap short is close enough
  assert.equal(lapsWithin(2, 3.8), 1)
  assert.equal(lapsWithin(1, 5.5), 5)
  assert.equal(lapsWithin(4, 1), 1)
})

test("an end counts as reached a little early: by the time of a frame, within limits, at the speed of playing", () => {
  assert.equal(lookAhead_s(0, 1), 0.02)
  assert.ok(Math.abs(lookAhead_s(0.05, 1) - 0.06) < 1e-9)
  assert.equal(lookAhead_s(3, 1), 0.1)
  assert.equal(lookAhead_s(3, 2), 0.2)
})

test("a clip ends at the end of its window, where the player stopped just before it, and where its file ends", () => {
  const clip = { end_s: 10, fps: 30 }
  const playing = { paused: false, ended: false }
  assert.equal(hasEnded({ now_s: 9.9, ...playing }, clip, 0.02), false)
  assert.equal(hasEnded({ now_s: 9.985, ...playing }, clip, 0.02), true)
  assert.equal(hasEnded({ now_s: 9.96, ...playing }, clip, 0.02), false)
  assert.equal(hasEnded({ now_s: 9.96, paused: true, ended: false }, clip, 0.02), true)
  assert.equal(hasEnded({ now_s: 9.9, paused: true, ended: false }, clip, 0.02), false)
  assert.equal(hasEnded({ now_s: 9, paused: false, ended: true }, clip, 0.02), true)
})

test("clips close together play at one speed; the one ahead slows down and the one behind speeds up, within limits", () => {
  assert.equal(catchUp(0.005), 1)
  assert.equal(catchUp(-0.005), 1)
  assert.ok(Math.abs(catchUp(0.01) - 0.96) < 1e-9)
  assert.ok(Math.abs(catchUp(-0.01) - 1.04) < 1e-9)
  assert.equal(catchUp(3), 0.8)
  assert.equal(catchUp(-3), 1.2)
})

test("a clip that is far off goes to the leading one's place within its own lap", () => {
  assert.equal(jumpTo_s(5, { elapsed_s: 5.4, lap: 0, length_s: 8 }), null)
  assert.equal(jumpTo_s(5, { elapsed_s: 6, lap: 0, length_s: 8 }), 5)
  assert.equal(jumpTo_s(5, { elapsed_s: 4, lap: 1, length_s: 3 }), 2)
  // The leading clip is in another lap: there is no such place.
  assert.equal(jumpTo_s(2.5, { elapsed_s: 4, lap: 1, length_s: 3 }), null)
  assert.equal(jumpTo_s(7.95, { elapsed_s: 7, lap: 0, length_s: 8 }), null)
})
