// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { tileLayout } from "../../../app/components/clips/scrub.js"

const sprite = { url: "", count: 10, columns: 4, tile_width: 160, tile_height: 90 }

test("the pointer's place chooses the frame, row by row", () => {
  const offsets = [0, 0.35, 0.4, 0.999].map((share) => tileLayout(sprite, { width: 160, height: 90 }, share).offset)
  assert.deepEqual(
    offsets.map(({ x, y }) => [x + 0, y + 0]),
    [
      [0, 0],
      [-480, 0],
      [0, -90],
      [-160, -180],
    ],
  )
})

test("the frame fills its box as far as its shape allows, and the sheet grows with it", () => {
  const { width, height, sheet } = tileLayout(sprite, { width: 320, height: 400 }, 0)
  assert.deepEqual([width, height, sheet], [320, 180, { width: 1280, height: 540 }])
})
