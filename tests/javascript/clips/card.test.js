// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { cardLabel, isCut } from "../../../app/components/clips/card.js"

test("a screen reader hears the clip, what its number is, and the decision", () => {
  const card = /** @type {import("../../../app/components/clips/card.js").Card} */ ({
    title: "open drawer", below: "kitchen.mp4, 0:03.00", length: "2.0 s", number: "Reward 1.20",
  }) // prettier-ignore
  assert.equal(cardLabel(card, "keep"), "open drawer, kitchen.mp4, 0:03.00, 2.0 s, Reward 1.20, keep")
  assert.match(cardLabel({ ...card, number: "" }, null), /2\.0 s, undecided$/)
})

test("only a picture of another shape than the card's is cut", () => {
  assert.deepEqual([isCut(16 / 9), isCut(1.78), isCut(4 / 3), isCut(9 / 16)], [false, false, true, true])
})
