// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { Selection, placesText } from "../../../../app/components/library/wall/selection.js"

test("a click selects one, Ctrl adds and takes away, Shift reaches from the anchor", () => {
  const selection = new Selection()
  selection.only(3)
  selection.toggle(7)
  selection.toggle(4)
  assert.deepEqual(selection.places, [[3, 4], [7, 7]]) // prettier-ignore
  selection.toggle(3)
  assert.deepEqual([selection.count, selection.has(3), selection.has(4)], [2, false, true])
  selection.only(10)
  selection.reach(6)
  selection.reach(12)
  assert.deepEqual(selection.places, [[10, 12]])
})

test("a hundred thousand clips are one stretch, from which single ones can be taken", () => {
  const selection = new Selection()
  selection.all(100_000)
  assert.deepEqual([placesText(selection.places), selection.count], ["0-99999", 100_000])
  selection.toggle(500)
  assert.deepEqual([placesText(selection.places), selection.count], ["0-499,501-99999", 99_999])
  selection.toggle(500)
  assert.equal(placesText(selection.places), "0-99999")
  selection.clear()
  assert.equal(selection.count, 0)
})

test("nothing is selected of an empty view", () => {
  const selection = new Selection()
  selection.all(0)
  assert.equal(selection.count, 0)
})
