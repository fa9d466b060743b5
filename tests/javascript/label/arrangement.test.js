// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { arrangement, pictureSize } from "../../../app/components/label/arrangement.js"

const room = (/** @type {number} */ width_px, /** @type {number} */ height_px) => ({ width_px, height_px, gap_px: 8 })
const WIDE = room(1424, 786)
const SMALL = room(1008, 654)

test("at 1440 × 900 two clips stand side by side, whatever their shape", () => {
  for (const shape of [9 / 16, 1, 4 / 3, 16 / 9]) assert.equal(arrangement(WIDE, shape), "beside")
})

test("at 1024 × 768 two wide clips show a third more above one another, and do so", () => {
  const [beside, above] = [pictureSize(SMALL, 16 / 9, "beside"), pictureSize(SMALL, 16 / 9, "above")]
  assert.ok((above.width_px * above.height_px) / (beside.width_px * beside.height_px) > 1.3)
  assert.equal(arrangement(SMALL, 16 / 9), "above")
})

test("square and upright clips stay side by side there", () => {
  for (const shape of [9 / 16, 1, 4 / 3]) assert.equal(arrangement(SMALL, shape), "beside")
})

test("a little more is not worth it: the keys point to the left and to the right", () => {
  // Above one another they would show 1.1 times as much.
  const narrow = room(1008, 8 + 2 * 500 * (9 / 16) * Math.sqrt(1.1))
  const size = (/** @type {"beside" | "above"} */ way) => pictureSize(narrow, 16 / 9, way)
  assert.ok(size("above").width_px > size("beside").width_px)
  assert.equal(arrangement(narrow, 16 / 9), "beside")
})

test("pictures keep their shape and stay inside the room", () => {
  for (const way of /** @type {const} */ (["beside", "above"])) {
    const { width_px, height_px } = pictureSize(SMALL, 4 / 3, way)
    assert.ok(Math.abs(width_px / height_px - 4 / 3) < 1e-9)
    assert.ok(width_px <= SMALL.width_px && height_px <= SMALL.height_px)
  }
})

test("no room at all is no error", () => {
  assert.equal(arrangement({ width_px: 0, height_px: 0, gap_px: 8 }, 16 / 9), "beside")
})
