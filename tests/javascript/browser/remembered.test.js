// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { recall, remember } from "../../../app/components/browser/remembered.js"
import { fakeGlobal, FakeStorage, forbidGlobal } from "../fakes.js"

test("a choice is there again after a reload", () => {
  fakeGlobal("localStorage", new FakeStorage())
  assert.equal(recall("rate"), null)
  remember("rate", "1.5")
  assert.equal(recall("rate"), "1.5")
})

test("a browser without storage, or with a full one, stops nobody", () => {
  fakeGlobal("localStorage", new FakeStorage(0))
  remember("rate", "2")
  assert.equal(recall("rate"), null)
  forbidGlobal("localStorage")
  remember("rate", "2")
  assert.equal(recall("rate"), null)
})
