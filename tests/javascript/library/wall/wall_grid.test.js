// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import {
  GAP_PX,
  cardAt,
  gridOf,
  placesIn,
  scrollFor,
  sizeIn,
  steppedSize,
} from "../../../../app/components/library/wall/wall_grid.js"

test("cards fill the width, at about the size that was asked for", () => {
  const grid = gridOf(1160, 220, 100_000)
  assert.equal(grid.columns, 5)
  assert.equal(grid.columns * grid.card_px + 4 * GAP_PX, 1160)
  assert.equal(grid.rows, 20_000)
  assert.equal(gridOf(100, 420, 3).columns, 1)
})

test("places in a window are whole rows, and never beyond the ends", () => {
  const grid = { columns: 4, card_px: 200, row_px: 150, rows: 25 }
  assert.deepEqual(placesIn(grid, 98, 0, 300, 0), [0, 8])
  assert.deepEqual(placesIn(grid, 98, 310, 300, 150), [4, 24])
  assert.deepEqual(placesIn(grid, 98, 3600, 900, 0), [96, 98])
  assert.deepEqual(placesIn(grid, 98, -500, 300, 0), [0, 0])
})

test("a card stands in its row and column", () => {
  const grid = { columns: 4, card_px: 200, row_px: 150, rows: 25 }
  assert.deepEqual(cardAt(grid, 5), { x: 216, y: 150 })
})

test("a row scrolls into sight by the shortest way, and by its top where it is too tall", () => {
  const seen = { top: 80, bottom: 880 }
  assert.equal(scrollFor({ top: 100, bottom: 300 }, seen), 0)
  assert.equal(scrollFor({ top: 20, bottom: 220 }, seen), -60)
  assert.equal(scrollFor({ top: 800, bottom: 1000 }, seen), 120)
  assert.equal(scrollFor({ top: 100, bottom: 1100 }, seen), 20)
})

test("sizes go by steps within limits, and what was kept may be anything", () => {
  assert.deepEqual([steppedSize(220, 1), steppedSize(420, 1), steppedSize(120, -1)], [240, 420, 120])
  assert.deepEqual([sizeIn("300"), sizeIn(null), sizeIn("large"), sizeIn(5), sizeIn(9000)], [300, 220, 220, 120, 420])
})
