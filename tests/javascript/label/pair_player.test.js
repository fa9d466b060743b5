// @ts-check
import assert from "node:assert/strict"
import { beforeEach, mock, test } from "node:test"
import { PairPlayer } from "../../../app/components/label/pair_player.js"
import { fakeGlobal } from "../fakes.js"

/** A <video> whose file is always there: it goes where it is sent at once, and time passes by `pass`. */
class FakeVideo extends EventTarget {
  currentTime = 0
  paused = true
  ended = false
  seeking = false
  readyState = 4
  playbackRate = 1
  /** @type {Set<string>} */
  classes = new Set()
  classList = { add: (/** @type {string} */ name) => this.classes.add(name), remove: (/** @type {string} */ name) => this.classes.delete(name) } // prettier-ignore
  style = { setProperty: () => {} }
  setAttribute() {}
  removeAttribute() {}
  hasAttribute() {
    return true
  }
  load() {}
  pause() {
    this.paused = true
  }
  async play() {
    this.paused = false
  }

  /** @param {number} seconds */
  pass(seconds) {
    if (!this.paused) this.currentTime += seconds * this.playbackRate
  }
}

const FRAME_S = 1 / 50
let now_ms = 0
/** @type {FakeVideo[]} */
let videos = []

beforeEach(() => {
  now_ms = 0
  videos = []
  mock.method(performance, "now", () => now_ms)
  fakeGlobal("document", {
    createElement: (/** @type {string} */ tag) => {
      if (tag !== "video") return { setAttribute: () => {}, classList: { toggle: () => {} } }
      videos.push(new FakeVideo())
      return videos.at(-1)
    },
  })
})

/**
 * A pair of clips of so many seconds, playing.
 * @param {number} left_s
 * @param {number} right_s
 */
async function playing(left_s, right_s) {
  const box = () => ({ append: () => {}, classList: { remove: () => {}, toggle: () => {} } })
  const player = new PairPlayer(/** @type {any} */ ([box(), box()]))
  const clip = (/** @type {number} */ start_s, /** @type {number} */ length_s) => ({
    ...{ src: "", zero_s: 0, start_s, end_s: start_s + length_s, fps: 50, shape: 1, poster: null, score: null },
  })
  player.load({ pair_id: "p", left: clip(10, left_s), right: clip(20, right_s) })
  await player.start(1)
  return player
}

/**
 * Let time pass, a frame of the screen after the other; `seen` hears of each.
 * @param {PairPlayer} player
 * @param {number} seconds
 * @param {() => void} [seen]
 */
async function watch(player, seconds, seen = () => {}) {
  for (let frame = 0; frame < Math.round(seconds / FRAME_S); frame += 1) {
    now_ms += 1000 * FRAME_S
    for (const video of videos) video.pass(FRAME_S)
    player.tick(1)
    await new Promise((done) => setImmediate(done))
    seen()
  }
}

test("both clips begin together at the first frames of their windows", async () => {
  await playing(2, 2)
  assert.deepEqual(
    videos.map((video) => [video.paused, Math.round(1000 * video.currentTime)]),
    [
      [false, 10_001],
      [false, 20_001],
    ],
  )
})

test("no clip leaves its window, however often the pair goes round", async () => {
  const player = await playing(2, 2)
  let rounds = 0
  let before = 0
  await watch(player, 9, () => {
    const [left, right] = videos.map((video) => video.currentTime)
    assert.ok(left >= 10 && left < 12 && right >= 20 && right < 22, `${left} ${right}`)
    if (left < before) rounds += 1
    before = left
  })
  assert.equal(rounds, 4)
})

test("the shorter clip plays as often as it fits, waits for the longer one, and then both begin anew", async () => {
  const player = await playing(5, 2)
  /** @type {string[]} */
  const laps = []
  await watch(player, 5.5, () => {
    const { state, lap } = player.sides[1]
    const what = state === "held" ? "waits" : `lap ${lap}`
    if (laps.at(-1) !== what) laps.push(what)
  })
  assert.deepEqual(laps, ["lap 0", "lap 1", "waits", "lap 0"])
})

test("a pause stops both and keeps their places; going on goes on from there", async () => {
  const player = await playing(3, 3)
  await watch(player, 1)
  const places = videos.map((video) => video.currentTime)
  player.pause()
  await watch(player, 1)
  assert.deepEqual([videos.map((video) => video.currentTime), videos.map((video) => video.paused)], [places, [true, true]]) // prettier-ignore
  player.resume(1)
  await watch(player, 0.5)
  assert.ok(videos[0].currentTime > places[0] + 0.4)
})

test("a clip that fell behind is brought to the other one", async () => {
  const player = await playing(4, 4)
  await watch(player, 0.5)
  videos[1].currentTime -= 0.2
  await watch(player, 2)
  assert.ok(Math.abs(player.sides[0].elapsed_s - player.sides[1].elapsed_s) < 0.02)
  videos[1].currentTime -= 1.5
  await watch(player, 0.1)
  assert.ok(Math.abs(player.sides[0].elapsed_s - player.sides[1].elapsed_s) < 0.05)
})

test("beside a clip that can't be played the other one goes round", async () => {
  const player = await playing(2, 2)
  player.sides[1].failed = true
  videos[1].pause()
  let rounds = 0
  let before = 0
  await watch(player, 5, () => {
    const { currentTime } = videos[0]
    if (currentTime < before) rounds += 1
    before = currentTime
  })
  assert.equal(rounds, 2)
})

test("what an earlier start waited for changes nothing after a later one", async () => {
  const player = await playing(2, 2)
  const [first] = player.sides
  videos[0].seeking = true
  const earlier = player.start(2)
  videos[0].seeking = false
  await player.start(1)
  first.settle()
  await earlier
  assert.equal(videos[0].playbackRate, 1)
})
