// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { actOfKey } from "../../../app/components/label/viewer_keys.js"

const acts = (/** @type {string[]} */ keys, review = false, helpIsOpen = false) =>
  keys.map((key) => actOfKey(key, { review, helpIsOpen }))

test("each key does what the buttons say", () => {
  assert.deepEqual(acts(["ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight"]), ["left", "tie", "skip", "right"])
  assert.deepEqual(acts(["z", " ", "f", "r", "?"]), ["undo", "pause", "faster", "replay", "help"])
})

test("other keys do nothing, whatever their name", () => {
  assert.deepEqual(acts(["a", "Enter", "constructor", "toString"]), [null, null, null, null])
})

test("Escape closes the help and opens nothing", () => {
  assert.deepEqual([...acts(["Escape"]), ...acts(["Escape"], false, true)], [null, "help"])
})

test("a pair that is watched again can be played and not answered", () => {
  assert.deepEqual(acts([" ", "f", "r"], true), ["pause", "faster", "replay"])
  assert.deepEqual(
    acts(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "z", "?", "Escape"], true),
    Array(7).fill(null),
  )
})
