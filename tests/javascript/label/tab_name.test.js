// @ts-check
import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { tabName } from "../../../app/components/label/tab_name.js"
import { fakeGlobal, FakeStorage, forbidGlobal } from "../fakes.js"

/** Locks of a browser: whoever asks first has one. */
class FakeLocks {
  /** @type {Set<string>} */
  held = new Set()

  /**
   * @param {string} name
   * @param {object} options
   * @param {(lock: object | null) => unknown} then
   */
  request(name, options, then) {
    assert.deepEqual(options, { ifAvailable: true })
    const free = !this.held.has(name)
    this.held.add(name)
    then(free ? {} : null)
  }
}

const page = () => fakeGlobal("window", {}) // every page has a window of its own

let locks = new FakeLocks()
beforeEach(() => {
  locks = new FakeLocks()
  page()
  fakeGlobal("navigator", { locks })
  fakeGlobal("sessionStorage", new FakeStorage())
})

test("a component that is drawn anew in the same page keeps the tab's name", async () => {
  const name = await tabName()
  assert.match(name, /^[0-9a-f]{16}$/)
  assert.equal(await tabName(), name)
})

test("a reload keeps the name: the page that had it is gone, and its lock with it", async () => {
  const name = await tabName()
  locks.held.clear()
  page()
  assert.equal(await tabName(), name)
})

test("a duplicated tab gets a name of its own", async () => {
  const name = await tabName()
  page() // with a copy of the storage, while the first page holds the name
  assert.notEqual(await tabName(), name)
})

test("without storage or locks a tab has a name all the same", async () => {
  forbidGlobal("sessionStorage")
  assert.match(await tabName(), /^[0-9a-f]{16}$/)
  fakeGlobal("sessionStorage", new FakeStorage())
  fakeGlobal("navigator", {})
  const name = await tabName()
  assert.match(name, /^[0-9a-f]{16}$/)
  assert.equal(await tabName(), name)
})
