// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { otherWay, placeholder, wayOf } from "../../../app/components/library/search_ways.js"

/** @typedef {import("../../../app/components/library/search_ways.js").SearchData} SearchData */

/** @type {SearchData} */
const both = { ways: ["narration", "text"], pictures: true, value: "", way: null }

test("words are searched as the view is, else as last time, else where it works", () => {
  assert.equal(wayOf({ ...both, way: "text" }, "narration"), "text")
  assert.equal(wayOf(both, "text"), "text")
  assert.equal(wayOf(both, null), "narration")
  assert.equal(wayOf({ ...both, ways: ["text"] }, "narration"), "text")
})

test("another way is offered only where there is one", () => {
  assert.equal(otherWay(both, "narration"), "text")
  assert.equal(otherWay({ ...both, ways: ["narration"] }, "narration"), null)
})

test("the box names only what can work", () => {
  assert.equal(placeholder(both), "Search, or drop a picture")
  assert.equal(placeholder({ ...both, ways: ["narration"], pictures: false }), "Search narrations")
  assert.equal(placeholder({ ...both, ways: [] }), "Drop or paste a picture")
  assert.equal(placeholder({ ...both, ways: [], pictures: false }), "Nothing to search by yet")
})
