// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { Brush, bars, rounded, shown, typed } from "../../../../app/components/library/panel/brush.js"

test("handles at the ends leave their sides open", () => {
  const brush = new Brush(10, 20)
  assert.deepEqual(brush.bounds(), { low: null, high: null })
  brush.move("from", 0.25)
  assert.deepEqual(brush.bounds(), { low: 12.5, high: null })
  brush.show({ low: null, high: 15 })
  assert.deepEqual([brush.from, brush.to], [0, 0.5])
})

test("a handle stops at the other one, and a stretch at the ends of the scale", () => {
  const brush = new Brush(0, 1)
  brush.show({ low: 0.4, high: 0.6 })
  brush.move("from", 0.9)
  assert.deepEqual([brush.from, brush.to], [0.6, 0.6])
  brush.show({ low: 0.25, high: 0.5 })
  brush.slide(2)
  assert.deepEqual([brush.from, brush.to], [0.75, 1])
})

test("keys move a handle by steps, pages and to the ends; other keys are not for it", () => {
  const brush = new Brush(0, 1)
  brush.show({ low: 0.5, high: null })
  assert.equal(brush.keyed("from", "ArrowRight", false), 0.51)
  assert.equal(brush.keyed("from", "ArrowLeft", true), 0.4)
  assert.equal(brush.keyed("to", "PageDown", false), 0.9)
  assert.equal(brush.keyed("to", "Home", false), 0)
  assert.equal(brush.keyed("to", "f", false), null)
})

test("what is typed is a number, nothing, or wrong", () => {
  assert.deepEqual(["", " 1,200.5 ", "−3", "1e-2"].map(typed), [null, 1200.5, -3, 0.01])
  assert.deepEqual(["much", "1.2.3", "Infinity"].map(typed), [undefined, undefined, undefined])
})

test("numbers have the digits that their scale needs", () => {
  assert.equal(rounded(0.123456, 1), 0.123)
  assert.equal(rounded(1234.5678, 1000), 1235)
  assert.equal(rounded(0.00012345, 0.001), 0.000123)
  assert.deepEqual([0, 0.12345, 12345.6, 0.00001].map(shown), ["0", "0.123", "12,345.6", "1.0e-5"])
})

test("an empty bin has no bar, and a small one can still be seen", () => {
  assert.equal(bars([0, 0], 10), "")
  assert.equal(bars([10], 10), "M0.06 1V0.000H0.94V1Z")
  assert.equal(bars([0, 1], 1000), "M1.06 1V0.960H1.94V1Z")
})
