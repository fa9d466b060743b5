// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { BLOCK, Blocks } from "../../../../app/components/library/wall/blocks.js"

/** A feed that answers when the test lets it. */
class FakeFeed {
  constructor() {
    /** @type {{ first: number, signal: AbortSignal, answer: (version?: number) => Promise<void> }[]} */
    this.asked = []
  }

  /** @type {import("../../../../app/components/library/wall/blocks.js").Ask} */
  ask = (first, count, signal) =>
    new Promise((resolve) => {
      const answer = async (version = 1) => {
        const cards = Array.from({ length: count }, (_, n) => ({ id: `${first + n}v${version}` }))
        resolve(/** @type {any} */ (cards))
        await new Promise((done) => setTimeout(done))
      }
      this.asked.push({ first, signal, answer })
    })

  firsts() {
    return this.asked.map(({ first }) => first)
  }
}

test("blocks come in the order of their urgency, each once, few at a time", async () => {
  const feed = new FakeFeed()
  let arrived = 0
  const blocks = new Blocks(feed.ask, () => arrived++)
  blocks.want([[BLOCK, 2 * BLOCK], [0, 5 * BLOCK]]) // prettier-ignore
  assert.deepEqual(feed.firsts(), [BLOCK, 0, 2 * BLOCK])
  assert.equal(blocks.card(70), undefined)
  await feed.asked[0].answer()
  assert.equal(blocks.card(70)?.id, "70v1")
  assert.deepEqual([feed.firsts().at(-1), arrived], [3 * BLOCK, 1])
})

test("what was scrolled past is not waited for", async () => {
  const feed = new FakeFeed()
  const blocks = new Blocks(feed.ask, () => {})
  blocks.want([[0, 3 * BLOCK]])
  blocks.want([[600 * BLOCK, 601 * BLOCK]])
  assert.deepEqual(
    feed.asked.slice(0, 3).map(({ signal }) => signal.aborted),
    [true, true, true],
  )
  await feed.asked[0].answer()
  assert.equal(blocks.card(0), undefined)
  assert.equal(feed.firsts().at(-1), 600 * BLOCK)
})

test("cards that may have changed are shown until newer ones come", async () => {
  const feed = new FakeFeed()
  const blocks = new Blocks(feed.ask, () => {})
  blocks.want([[0, BLOCK]])
  await feed.asked[0].answer()
  blocks.refresh()
  assert.equal(blocks.card(5)?.id, "5v1")
  await feed.asked[1].answer(2)
  assert.equal(blocks.card(5)?.id, "5v2")
})

test("blocks far from the window are forgotten, those in it never", async () => {
  const feed = new FakeFeed()
  const blocks = new Blocks(feed.ask, () => {})
  for (let n = 0; n < 100; n++) {
    blocks.want([[n * BLOCK, (n + 1) * BLOCK]])
    await feed.asked[n].answer()
  }
  assert.equal(blocks.card(0), undefined)
  assert.notEqual(blocks.card(99 * BLOCK), undefined)
  assert.ok(blocks.known.size <= 61)
})
