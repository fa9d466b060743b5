// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { PairQueue } from "../../../app/components/label/pair_queue.js"
import { pair } from "./pairs.js"

const pairs = (/** @type {string[]} */ ...names) => names.map(pair)
const names = (/** @type {{ pair_id: string }[]} */ list) => list.map((one) => one.pair_id)

test("pairs are asked in the order in which the app sends them", () => {
  const queue = new PairQueue()
  queue.take(pairs("a", "b", "c"), [])
  const asked = []
  for (let n = 0; n < 3; n += 1) {
    queue.advance()
    asked.push(queue.current?.pair_id)
    queue.answer("left")
  }
  queue.advance()
  assert.deepEqual(asked, ["a", "b", "c"])
  assert.equal(queue.current, null)
  assert.deepEqual(names(queue.answered), ["a", "b", "c"])
})

test("a pair that comes again is asked once, also after its answer", () => {
  const queue = new PairQueue()
  queue.take(pairs("a", "b"), [])
  queue.advance()
  queue.take(pairs("a", "b", "c"), [])
  assert.deepEqual(names(queue.line(9)), ["a", "b", "c"])
  queue.answer("left")
  queue.take(pairs("a"), [])
  queue.advance()
  assert.deepEqual(names(queue.line(9)), ["b", "c"])
})

test("advancing passes over no pair that waits for its answer", () => {
  const queue = new PairQueue()
  queue.take(pairs("a", "b"), [])
  queue.advance()
  queue.advance()
  assert.equal(queue.current?.pair_id, "a")
})

test("what was answered before a reload is not asked, and can be taken back", () => {
  const queue = new PairQueue()
  queue.take(pairs("x", "a"), pairs("x"))
  queue.advance()
  assert.equal(queue.current?.pair_id, "a")
  assert.equal(queue.takeBack()?.pair_id, "x")
  assert.deepEqual(names(queue.line(3)), ["x", "a"])
})

test("only the first word of the app says what was answered before this page", () => {
  const queue = new PairQueue()
  queue.take(pairs("a"), [])
  queue.advance()
  queue.answer("left")
  queue.take(pairs("b"), pairs("p", "q"))
  assert.deepEqual(names(queue.answered), ["a"])
})

test("answers are taken back one by one, the last one first, and nothing is lost on the way", () => {
  const queue = new PairQueue()
  queue.take(pairs("a", "b", "c"), [])
  for (let n = 0; n < 2; n += 1) {
    queue.advance()
    queue.answer("left")
  }
  queue.advance()
  assert.equal(queue.takeBack()?.pair_id, "b")
  assert.equal(queue.takeBack()?.pair_id, "a")
  assert.equal(queue.takeBack(), null)
  assert.deepEqual(names(queue.line(9)), ["a", "b", "c"])
})

test("the line holds the pair in view and as many of the next as are asked for", () => {
  const queue = new PairQueue()
  queue.take(pairs("a", "b", "c", "d"), [])
  assert.deepEqual(names(queue.line(2)), ["a", "b"])
  queue.advance()
  assert.deepEqual(names(queue.line(2)), ["a", "b", "c"])
})

test("a pair that is asked again says what was answered before", () => {
  const queue = new PairQueue()
  queue.take(pairs("a"), [])
  queue.advance()
  queue.answer("tie")
  assert.equal(queue.takeBack()?.answer, "tie")
})
