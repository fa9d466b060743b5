// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"

import { fit, fitting } from "../../../app/components/palette/match.js"

const ENTRIES = ["Overview", "Export & Sync", "Export the best clips", "Extract features", "Wet floor (kitchen)"].map(
  (title) => ({ kind: "Page", title, target: title }),
)

test("nothing typed shows everything in its own order", () => {
  assert.deepEqual(
    fitting(ENTRIES, "", 3).map((entry) => entry.title),
    ["Overview", "Export & Sync", "Export the best clips"],
  )
})

test("each typed word has to be there, at the beginning of a word rather than within one", () => {
  assert.deepEqual(
    fitting(ENTRIES, "ex", 9).map((entry) => entry.title),
    ["Export & Sync", "Extract features", "Export the best clips"],
  )
  assert.deepEqual(
    fitting(ENTRIES, "best exp", 9).map((entry) => entry.title),
    ["Export the best clips"],
  )
  assert.equal(fit("Overview", "view"), fit("Overview", "VIEW"))
  assert.ok(fit("View", "view") > fit("Overview", "view"))
})

test("signs that mean something in a pattern are plain signs", () => {
  assert.ok(fit("Wet floor (kitchen)", "(kit") > 0)
  assert.equal(fit("Wet floor", "["), 0)
})
