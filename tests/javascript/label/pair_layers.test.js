// @ts-check
import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import { PairLayers } from "../../../app/components/label/pair_layers.js"
import { fakeGlobal } from "../fakes.js"
import { pair } from "./pairs.js"

/** @typedef {import("../../../app/components/label/pair_queue.js").Pair} Pair */

/** A player that notes what it is told. */
class FakePlayer {
  /** @type {Pair | null} */
  pair = null
  isShown = false
  loads = 0
  pauses = 0

  /** @param {Pair} one */
  load(one) {
    this.pair = one
    this.loads += 1
  }
  unload() {
    this.pair = null
    this.isShown = false
  }
  show() {
    this.isShown = true
  }
  hide() {
    this.isShown = false
  }
  pause() {
    this.pauses += 1
  }
}

/** @type {FakePlayer[]} */
let players = []
const layersOf = (/** @type {number} */ count) => {
  players = Array.from({ length: count }, () => new FakePlayer())
  return new PairLayers(/** @type {any} */ (players))
}
const shown = () => players.filter((player) => player.isShown).map((player) => player.pair?.pair_id)
const loaded = () => players.flatMap((player) => player.pair?.pair_id ?? []).sort()

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] })
  fakeGlobal("window", { setTimeout: globalThis.setTimeout })
})
afterEach(() => mock.timers.reset())

test("the first pair of the line is shown at once, and those behind it are loaded a little later, unseen", () => {
  const layers = layersOf(4)
  assert.equal(layers.arrange(["a", "b", "c"].map(pair)), true)
  assert.deepEqual([shown(), loaded()], [["a"], ["a"]])
  mock.timers.tick(100)
  assert.deepEqual([shown(), loaded()], [["a"], ["a", "b", "c"]])
})

test("a pair that is in view stays as it is when others come behind it", () => {
  const layers = layersOf(4)
  layers.arrange(["a"].map(pair))
  assert.equal(layers.arrange(["a", "b"].map(pair)), false)
  mock.timers.tick(100)
  assert.deepEqual([shown(), loaded(), layers.front.pair?.pair_id], [["a"], ["a", "b"], "a"])
  assert.deepEqual(players.map((player) => player.loads).sort(), [0, 0, 1, 1])
})

test("the next pair was loaded already, and the one before it makes room", () => {
  const layers = layersOf(3)
  layers.arrange(["a", "b"].map(pair))
  mock.timers.tick(100)
  assert.equal(layers.arrange(["b", "c"].map(pair)), true)
  assert.deepEqual(shown(), ["b"])
  assert.equal(players.find((player) => player.pair?.pair_id === "a")?.pauses, 1)
  mock.timers.tick(100)
  assert.deepEqual(loaded(), ["b", "c"])
  assert.equal(players.find((player) => player.pair?.pair_id === "b")?.loads, 1)
})

test("without a pair nothing is in view, and the next one that comes is new", () => {
  const layers = layersOf(2)
  layers.arrange(["a"].map(pair))
  assert.equal(layers.arrange([]), false)
  assert.deepEqual(shown(), [])
  assert.equal(layers.arrange(["a"].map(pair)), true)
  assert.deepEqual(shown(), ["a"])
})

test("of lines that come fast only the last one is loaded", () => {
  const layers = layersOf(3)
  layers.arrange(["a", "b"].map(pair))
  layers.arrange(["a", "c"].map(pair))
  mock.timers.tick(100)
  assert.deepEqual(loaded(), ["a", "c"])
  assert.equal(
    players.reduce((sum, player) => sum + player.loads, 0),
    2,
  )
})

test("a pair to be watched again is shown whatever was in view", () => {
  const layers = layersOf(1)
  layers.show(pair("a"))
  layers.show(pair("b"))
  assert.deepEqual(shown(), ["b"])
})

test("at its end nothing is loaded, not even what was about to be", () => {
  const layers = layersOf(3)
  layers.arrange(["a", "b"].map(pair))
  layers.end()
  mock.timers.tick(100)
  assert.deepEqual(loaded(), [])
})
