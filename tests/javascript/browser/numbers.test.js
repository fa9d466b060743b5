// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { letters } from "../../../app/components/browser/letters.js"
import { clamp, timecode } from "../../../app/components/browser/numbers.js"

test("a number stays within its limits", () => {
  assert.deepEqual([clamp(-1, 0, 5), clamp(3, 0, 5), clamp(9, 0, 5)], [0, 3, 5])
})

test("times are minutes and seconds, to the hundredth", () => {
  assert.deepEqual([0, 2.5, 62.504, 600, 3725.25].map(timecode), [
    "0:00.00",
    "0:02.50",
    "1:02.50",
    "10:00.00",
    "62:05.25",
  ])
})

test("random names have two letters a byte, and no two are the same", () => {
  const names = Array.from({ length: 500 }, () => letters(8))
  for (const name of names) assert.match(name, /^[0-9a-f]{16}$/)
  assert.equal(new Set(names).size, 500)
})
