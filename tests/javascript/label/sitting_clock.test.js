// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { SittingClock } from "../../../app/components/label/sitting_clock.js"

test("an answer takes as long as somebody watched", () => {
  const clock = new SittingClock(0)
  clock.asked(1000)
  assert.equal(clock.response_ms(2500.4), 1500)
  clock.hidden(3000)
  clock.seen(63_000)
  assert.equal(clock.response_ms(64_000), 3000)
  clock.seen(65_000) // a page that was never hidden
  assert.equal(clock.response_ms(66_000), 5000)
  clock.asked(70_000)
  assert.equal(clock.response_ms(71_000), 1000)
})

test("a pause is due after so many minutes of answers, and again as much later", () => {
  const clock = new SittingClock(0)
  for (let now = 60_000; now <= 600_000; now += 60_000) clock.answered(now)
  assert.equal(clock.takeReminder(600_000, 10), false)
  assert.equal(clock.takeReminder(600_001, 10), true)
  assert.equal(clock.takeReminder(601_000, 10), false)
  assert.equal(clock.takeReminder(1_200_002, 10), true)
})

test("who was away for three minutes has had a pause", () => {
  const clock = new SittingClock(0)
  clock.answered(170_000)
  clock.answered(351_000)
  assert.equal(clock.takeReminder(640_000, 5), false)
  assert.equal(clock.takeReminder(651_001, 5), true)
})

test("nobody is reminded who wants no reminders", () => {
  assert.equal(new SittingClock(0).takeReminder(1e9, 0), false)
})
