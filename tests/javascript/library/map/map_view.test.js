// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { MapView } from "../../../../app/components/library/map/map_view.js"

function view() {
  return Object.assign(new MapView(), { width: 800, height: 500 })
}

/**
 * @param {number[]} found
 * @param {number[]} wanted
 */
function near(found, wanted) {
  found.forEach((value, n) => assert.ok(Math.abs(value - wanted[n]) < 1e-9, `${found} is not ${wanted}`))
}

test("the unit square lies in the middle of the canvas with a margin, and its y goes up", () => {
  const map = view()
  near([map.toX(0.5), map.toY(0.5)], [400, 250])
  near([map.toX(0), map.toY(0)], [400 - 235, 250 + 235])
  near([map.toX(1), map.toY(1)], [400 + 235, 250 - 235])
})

test("a place on the canvas and what lies there belong together, at every zoom", () => {
  const map = view()
  for (const turned of [0, -300, -900, 200]) {
    map.wheel([123, 77], turned)
    near(map.at([map.toX(0.2), map.toY(0.9)]), [0.2, 0.9])
  }
})

test("what lies under the pointer stays there while the wheel turns", () => {
  const map = view()
  const before = map.at([600, 100])
  map.wheel([600, 100], -400)
  assert.ok(map.zoom > 2)
  near(map.at([600, 100]), before)
})

test("zooming out ends where all is shown, in the middle, and zooming in has an end", () => {
  const map = view()
  map.wheel([600, 100], -400)
  map.wheel([10, 10], 5000)
  assert.deepEqual([map.zoom, map.middle], [1, [0.5, 0.5]])
  map.wheel([10, 10], -1e6)
  assert.equal(map.zoom, 60)
  map.fit()
  assert.deepEqual([map.zoom, map.middle], [1, [0.5, 0.5]])
})
