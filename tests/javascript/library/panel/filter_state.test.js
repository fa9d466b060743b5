// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { FilterState } from "../../../../app/components/library/panel/filter_state.js"

const FLAGS = ["labelled", "failed"]

test("a range is read, replaced, and removed where both sides are open", () => {
  const state = new FilterState("range=reward%3A0.5%3A&range=labels%3A%3A3&sort=reward")
  assert.deepEqual(state.range("reward"), { low: 0.5, high: null })
  assert.deepEqual(state.range("labels"), { low: null, high: 3 })
  assert.deepEqual(state.range("other"), { low: null, high: null })
  state.setRange("reward", { low: -1, high: 2 })
  assert.deepEqual(state.params.getAll("range"), ["labels::3", "reward:-1:2"])
  state.setRange("reward", { low: null, high: null })
  assert.deepEqual(state.params.getAll("range"), ["labels::3"])
  assert.equal(state.params.get("sort"), "reward")
})

test("an address that is no number has open sides", () => {
  assert.deepEqual(new FilterState("range=reward:much:inf").range("reward"), { low: null, high: null })
})

test("a tag goes from any to with to without and back", () => {
  const state = new FilterState("")
  state.turnTag("keep")
  assert.equal(state.address, "tag=keep")
  state.turnTag("keep")
  assert.equal(state.address, "without=keep")
  state.turnTag("keep")
  assert.equal(state.address, "")
})

test("a flag has three states", () => {
  const state = new FilterState("labelled=no")
  assert.deepEqual([state.flag("labelled"), state.flag("failed")], ["no", ""])
  state.setFlag("labelled", "yes")
  state.setFlag("failed", "no")
  assert.equal(state.address, "labelled=yes&failed=no")
  state.setFlag("labelled", "")
  assert.equal(state.address, "failed=no")
})

test("filters are counted and cleared; search and order stay", () => {
  const state = new FilterState("range=a:1:&range=b:1:&source=x&source=y&tag=k&labelled=yes&narration=cut&sort=a")
  assert.equal(state.count(FLAGS), 5)
  state.clear(FLAGS)
  assert.equal(state.address, "narration=cut&sort=a")
})
