// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { byBucket, floats, isInside, Points } from "../../../../app/components/library/map/points.js"

/** @typedef {import("../../../../app/components/library/map/map_view.js").Point} Point */

/** @type {Point[]} */
const SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1]] // prettier-ignore
/** @type {Point[]} */
const STAR = [[0, 3], [2, -3], [-3, 1], [3, 1], [-2, -3]] // prettier-ignore
/** @type {Point[]} */
const HORSESHOE = [[0, 0], [3, 0], [3, 3], [2, 3], [2, 1], [1, 1], [1, 3], [0, 3]] // prettier-ignore

test("a point is inside a polygon or outside, whichever way round it was drawn", () => {
  for (const polygon of [SQUARE, [...SQUARE].reverse()]) {
    assert.equal(isInside(polygon, 0.5, 0.5), true)
    for (const [x, y] of [[-0.1, 0.5], [1.1, 0.5], [0.5, -0.1], [0.5, 1.1]]) assert.equal(isInside(polygon, x, y), false) // prettier-ignore
  }
})

test("the hollow of a horseshoe is outside", () => {
  assert.deepEqual(
    [isInside(HORSESHOE, 0.5, 2), isInside(HORSESHOE, 1.5, 2), isInside(HORSESHOE, 2.5, 2)],
    [true, false, true],
  )
})

test("a lasso that crosses itself counts by the even–odd rule", () => {
  assert.equal(isInside(STAR, 0, 0), false)
  assert.equal(isInside(STAR, 0, 2), true)
})

test("no lasso and a line hold nothing", () => {
  assert.equal(isInside([], 0, 0), false)
  assert.equal(isInside([[0, 0], [1, 1]], 0.5, 0.5), false) // prettier-ignore
})

test("a lasso picks the points inside it, in their order", () => {
  const points = new Points(Float32Array.of(0.5, 2, 0.1, -1), Float32Array.of(0.5, 0.5, 0.9, 0.5))
  assert.deepEqual(points.inside(SQUARE), [0, 2])
})

test("the nearest point is meant, if it is near enough", () => {
  const points = new Points(Float32Array.of(0, 0.5, 0.52), Float32Array.of(0, 0.5, 0.5))
  assert.equal(points.nearest([0.515, 0.5], 0.1), 2)
  assert.equal(points.nearest([0.505, 0.5], 0.1), 1)
  assert.equal(points.nearest([0.2, 0.2], 0.1), -1)
  assert.equal(points.nearest([0.2, 0.2], 0.3), 0)
})

test("numbers come as Python packs them", () => {
  // base64.b64encode(numpy.array([0, 1.5, -2], "<f4").tobytes())
  assert.deepEqual([...floats("AAAAAAAAwD8AAADA")], [0, 1.5, -2])
})

test("points are gathered by bucket, those without one first", () => {
  assert.deepEqual(byBucket(Float32Array.of(2, -1, 2, 0)), [[-1, [1]], [0, [3]], [2, [0, 2]]]) // prettier-ignore
})
