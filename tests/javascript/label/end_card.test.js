// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { endWords } from "../../../app/components/label/end_card.js"

const ENDING = { done: 50, spent_ms: 362_000, more: 50, exhausted: false, measured: true }
/** @param {ReturnType<typeof endWords>} words */
const nexts = (words) => words.actions.map(([next]) => next)

test("a sitting ends with what was done in what time, and what may come next", () => {
  const words = endWords(ENDING)
  assert.equal(words.title, "50 labelled in 6 min")
  assert.deepEqual(words.actions[1], ["more", "50 more"])
  assert.deepEqual(nexts(words), ["train", "more", "statistics", "leave"])
})

test("beyond the target it is never a part of it", () => {
  assert.equal(endWords({ ...ENDING, done: 64 }).title, "64 labelled in 6 min")
})

test("nothing can be trained on clips that were not measured, so that is not what comes first", () => {
  const words = endWords({ ...ENDING, measured: false })
  assert.deepEqual(nexts(words), ["more", "train", "statistics", "leave"])
  assert.match(words.text, /extract features/)
})

test("where every pair was asked there are no more", () => {
  const words = endWords({ ...ENDING, done: 3, exhausted: true })
  assert.deepEqual(nexts(words), ["train", "statistics", "leave"])
  assert.match(words.text, /Every pair/)
})

test("where nothing was labelled there is nothing to train on", () => {
  const words = endWords({ ...ENDING, done: 0, spent_ms: 0, exhausted: true })
  assert.match(words.title, /Every pair/)
  assert.deepEqual(nexts(words), ["leave"])
})
