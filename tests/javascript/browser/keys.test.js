// @ts-check
import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { SINGLE_KEYS, focus, isOurs, keyName } from "../../../app/components/browser/keys.js"
import { FakeStorage, fakeGlobal } from "../fakes.js"

/** An element that one part of a list of selectors fits. */
class FakeElement {
  /** @param {string} selector */
  constructor(selector) {
    this.selector = selector
  }

  /** @param {string} list */
  matches(list) {
    return this.selector !== "" && list.split(/,\s+(?![^(]*\))/).includes(this.selector)
  }
}

const root = new FakeElement("")
let dialog = false
beforeEach(() => {
  dialog = false
  fakeGlobal("Element", FakeElement)
  fakeGlobal("localStorage", new FakeStorage())
  fakeGlobal("document", { querySelector: () => (dialog ? {} : null) })
})

/**
 * Whether a key is the component's that was pressed while these had the focus, the innermost one first.
 * @param {string} key
 * @param {FakeElement[]} path
 * @param {object} event
 */
function ours(key, path, event = {}) {
  const pressed = { key, composedPath: () => [...path, { not: "an element" }], ...event }
  return isOurs(/** @type {any} */ (pressed), /** @type {any} */ (root))
}

const page = new FakeElement("")

test("a key that nobody wants is the component's, wherever the focus is", () => {
  for (const key of ["k", "ArrowLeft", " ", "Enter"]) assert.equal(ours(key, [page]), true)
})

test("a key that somebody took, that a shortcut is made of, or that a dialog is open for, is not", () => {
  assert.equal(ours("k", [page], { defaultPrevented: true }), false)
  for (const held of ["ctrlKey", "metaKey", "altKey"]) assert.equal(ours("k", [page], { [held]: true }), false)
  assert.equal(ours("k", [page], { shiftKey: true }), true)
  dialog = true
  assert.equal(ours("k", [page]), false)
})

test("what is typed into a field is the field's, inside the component as well", () => {
  for (const field of ["textarea", "select", "[role=menu]", "[contenteditable=true]"]) {
    assert.equal(ours("k", [new FakeElement(field), page]), false)
    assert.equal(ours("k", [new FakeElement(field), root, page]), false)
  }
})

test("a component within a field's element is not typed into", () => {
  assert.equal(ours("k", [page, root, new FakeElement("[role=dialog]")]), true)
})

test("a slider, a list and a menu elsewhere keep their keys", () => {
  for (const widget of ["[role=slider]", "[role=combobox]", "[role=option]:not(.card)", "[role=menuitem]"]) {
    assert.equal(ours("ArrowLeft", [new FakeElement(widget)]), false)
  }
})

test("radio buttons take arrows only from somebody who came to them by keyboard", () => {
  for (const byTab of [true, false]) {
    focus.byTab = byTab
    assert.equal(ours("ArrowLeft", [new FakeElement("[role=radio]")]), !byTab)
  }
})

test("elsewhere Enter presses a button; other keys stay the component's", () => {
  const button = new FakeElement("button")
  assert.deepEqual([ours("Enter", [button]), ours(" ", [button]), ours("ArrowLeft", [button])], [false, false, true])
})

test("keys with Ctrl or Cmd are a component's only where it wants them", () => {
  const event = /** @type {any} */ ({ key: "a", ctrlKey: true, composedPath: () => [page] })
  assert.equal(isOurs(event, /** @type {any} */ (root), { withControl: true }), true)
  assert.equal(isOurs({ ...event, altKey: true }, /** @type {any} */ (root), { withControl: true }), false)
})

test("single letters can be switched off; arrows, Enter and Space stay", () => {
  localStorage.setItem(SINGLE_KEYS, "off")
  assert.deepEqual(
    ["k", "/", "ArrowLeft", "Enter", " "].map((key) => ours(key, [page])),
    [false, false, true, true, true],
  )
})

test("inside the component its own lists and buttons take nothing from it", () => {
  assert.equal(ours("ArrowLeft", [new FakeElement("[role=option]"), root, page]), true)
  assert.equal(ours("Enter", [new FakeElement("button"), root, page]), true)
})

test("letters are the same with and without Shift, and names of keys stay as they are", () => {
  assert.deepEqual(
    ["K", "k", "Enter", "/", " "].map((key) => keyName({ key })),
    ["k", "k", "Enter", "/", " "],
  )
})
