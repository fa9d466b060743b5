// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { lasted, pace, progressWords } from "../../../app/components/label/pace.js"

test("a pace is told from three answers on, by the middle one", () => {
  assert.equal(pace([2000, 2000], 30), "")
  assert.equal(pace([2000, 60_000, 1000], 31), " · 30 a minute · about 2 min left")
})

test("a slow pace has a decimal, and beyond the target nothing is left", () => {
  assert.equal(pace([8000, 8000, 8000], 0), " · 7.5 a minute")
  assert.equal(pace([8000, 8000, 8000], -4), " · 7.5 a minute")
})

test("keys that bounce make no pace of thousands", () => {
  assert.equal(pace([1, 1, 1], 0), " · 300 a minute")
})

test("a time is told as one says it", () => {
  const said = [400, 39_600, 59_700, 362_000, 3_600_000, 3_900_000].map(lasted)
  assert.deepEqual(said, ["1 s", "40 s", "1 min", "6 min", "1 h", "1 h 5 min"])
})

test("nobody reads 64 of 50", () => {
  assert.deepEqual(
    [progressWords(31, 50), progressWords(50, 50), progressWords(64, 50)],
    ["31 of 50", "50 labelled", "64 labelled"],
  )
})
