// @ts-check
import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { AnswerLog } from "../../../app/components/label/answer_log.js"
import { fakeGlobal, FakeStorage, forbidGlobal } from "../fakes.js"

const SCOPE = "workspace|ana"

let storage = new FakeStorage()
beforeEach(() => {
  storage = new FakeStorage()
  fakeGlobal("localStorage", storage)
})

const answersOf = (/** @type {AnswerLog} */ log) => log.events.map((event) => `${event.pair_id} ${event.answer}`)

test("an answer waits until the app confirms it, and then lies nowhere", () => {
  const log = new AnswerLog(SCOPE, "tab")
  log.add("p1", "left", 900)
  log.add("p2", "tie", 400)
  assert.deepEqual(answersOf(log), ["p1 left", "p2 tie"])
  assert.equal(storage.length, 2)
  log.confirm([log.events[0].event_id])
  assert.deepEqual(answersOf(log), ["p2 tie"])
  assert.equal(storage.length, 1)
  log.confirm([log.events[0].event_id])
  assert.equal(storage.length, 0)
})

test("a reload finds all that was not confirmed, in its order, and counts on", () => {
  const before = new AnswerLog(SCOPE, "tab")
  for (let n = 1; n <= 12; n += 1) before.add(`p${n}`, "right", n)
  before.confirm([before.events[3].event_id])
  const after = new AnswerLog(SCOPE, "tab")
  assert.deepEqual(after.events, before.events)
  after.add("p13", "skip", 13)
  assert.equal(after.events.at(-1)?.count, 13)
  assert.equal(answersOf(after).at(-1), "p13 skip")
})

test("an answer sent again has the name that it had, and no two answers have one name", () => {
  mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 })
  const log = new AnswerLog(SCOPE, "tab")
  log.add("p1", "left", 1)
  const sent = log.events[0].event_id
  assert.equal(new AnswerLog(SCOPE, "tab").events[0].event_id, sent)
  for (let n = 0; n < 200; n += 1) log.add("p1", "left", 1)
  // A second page of the same tab counts from the same number at the same moment.
  storage.clear()
  const other = new AnswerLog(SCOPE, "tab")
  other.add("p1", "left", 1)
  mock.timers.reset()
  const names = [...log.events, ...other.events].map((event) => event.event_id)
  assert.equal(new Set(names).size, 202)
})

test("a confirmation that comes twice, or for another tab's answer, is harmless", () => {
  const log = new AnswerLog(SCOPE, "tab")
  log.add("p1", "left", 1)
  log.add("p2", "left", 1)
  const [first] = log.events
  log.confirm([first.event_id, "never heard of"])
  log.confirm([first.event_id])
  assert.deepEqual(answersOf(log), ["p2 left"])
})

test("answers of another workspace or person are left alone", () => {
  new AnswerLog("workspace|ben", "tab").add("p1", "left", 1)
  storage.setItem("handpicked.rate", "2")
  const log = new AnswerLog(SCOPE, "tab")
  assert.equal(log.events.length, 0)
  log.add("p2", "right", 1)
  assert.deepEqual(answersOf(new AnswerLog("workspace|ben", "tab")), ["p1 left"])
})

test("a clock that is set back changes no order", () => {
  mock.timers.enable({ apis: ["Date"], now: 2_000_000 })
  const log = new AnswerLog(SCOPE, "tab")
  log.add("p1", "left", 1)
  mock.timers.setTime(1_000_000)
  log.add("p1", "undone", null)
  log.add("p1", "right", 1)
  mock.timers.reset()
  assert.deepEqual(answersOf(new AnswerLog(SCOPE, "tab")), ["p1 left", "p1 undone", "p1 right"])
})

test("a full storage loses nothing that the page has", () => {
  fakeGlobal("localStorage", new FakeStorage(1))
  const log = new AnswerLog(SCOPE, "tab")
  log.add("p1", "left", 1)
  log.add("p2", "right", 1)
  assert.deepEqual(answersOf(log), ["p1 left", "p2 right"])
})

test("a browser without storage keeps answers in the page", () => {
  forbidGlobal("localStorage")
  const log = new AnswerLog(SCOPE, "tab")
  log.add("p1", "left", 1)
  assert.deepEqual(answersOf(log), ["p1 left"])
  log.confirm([log.events[0].event_id])
  assert.equal(log.events.length, 0)
})

test("an answer taken back counts against one that was given", () => {
  const log = new AnswerLog(SCOPE, "tab")
  log.add("p1", "left", 1)
  log.add("p2", "left", 1)
  assert.equal(log.surplus, 2)
  log.add("p2", "undone", null)
  assert.equal(log.surplus, 1)
})

test("the oldest answer that waits tells how long the app has been silent", () => {
  mock.timers.enable({ apis: ["Date"], now: 10_000_000 })
  const log = new AnswerLog(SCOPE, "tab")
  assert.ok(Math.abs(performance.now() - log.oldestAt) < 500)
  log.add("p1", "left", 1)
  mock.timers.setTime(10_060_000)
  log.add("p2", "left", 1)
  const silent = performance.now() - log.oldestAt
  mock.timers.reset()
  assert.ok(Math.abs(silent - 60_000) < 500)
})
