// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { mounted } from "../../../app/components/browser/mounted.js"

/** An element of the page that holds one root. */
function parent() {
  const root = { selector: ".root" }
  return { querySelector: (/** @type {string} */ selector) => (selector === root.selector ? root : null) }
}

/** A component that notes what happens to its objects. */
function component() {
  /** @type {string[]} */
  const happened = []
  let made = 0
  const draw = mounted(".root", (_root, /** @type {string} */ first) => {
    const name = `object ${(made += 1)}`
    happened.push(`${name} made for ${first}`)
    return {
      update: ({ data }) => void happened.push(`${name} has ${data}`),
      end: () => void happened.push(`${name} ended`),
    }
  })
  /**
   * @param {object} parentElement
   * @param {string} data
   */
  const call = (parentElement, data) => draw(/** @type {any} */ ({ parentElement, data }))
  return { happened, call }
}

test("one object lives from the first call to the element's end, and hears of all data", () => {
  const { happened, call } = component()
  const place = parent()
  call(place, "a")
  const end = call(place, "b")
  end()
  assert.deepEqual(happened, ["object 1 made for a", "object 1 has a", "object 1 has b", "object 1 ended"])
})

test("two elements have an object each, and an element that comes again has a new one", () => {
  const { happened, call } = component()
  const [one, other] = [parent(), parent()]
  const end = call(one, "a")
  call(other, "b")
  end()
  call(one, "c")
  assert.deepEqual(
    happened.filter((line) => line.includes("made")),
    ["object 1 made for a", "object 2 made for b", "object 3 made for c"],
  )
})
