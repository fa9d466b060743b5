// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { actOfKey } from "../../../app/components/label/viewer_keys.js"

const acts = (/** @type {string[]} */ keys, review = false, helpIsOpen = false, isOver = false) =>
  keys.map((key) => actOfKey(key, { review, helpIsOpen, isOver }))

test("each key does what the buttons say", () => {
  assert.deepEqual(acts(["ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight"]), ["left", "tie", "skip", "right"])
  assert.deepEqual(acts(["z", " ", "s", "r", "f", "?"]), ["undo", "pause", "faster", "replay", "full", "help"])
})

test("other keys do nothing, whatever their name", () => {
  assert.deepEqual(acts(["a", "Enter", "constructor", "toString"]), [null, null, null, null])
})

test("Escape closes the help and opens nothing", () => {
  assert.deepEqual([...acts(["Escape"]), ...acts(["Escape"], false, true)], [null, "help"])
})

test("a pair that is watched again can be played and not answered", () => {
  assert.deepEqual(acts([" ", "s", "r", "f"], true), ["pause", "faster", "replay", "full"])
  assert.deepEqual(
    acts(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "z", "?", "Escape"], true),
    Array(7).fill(null),
  )
})

test("at the end of a sitting the keys of answers rest, and those of the card work", () => {
  const arrows = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", " ", "Enter"]
  assert.deepEqual(acts(arrows, false, false, true), Array(6).fill(null))
  assert.deepEqual(acts(["t", "m", "w", "l", "z"], false, false, true), [
    "train",
    "more",
    "statistics",
    "leave",
    "undo",
  ])
  assert.deepEqual(acts(["t", "m", "w", "l"]), Array(4).fill(null))
})
