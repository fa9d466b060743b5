// @ts-check
import assert from "node:assert/strict"
import { beforeEach, test } from "node:test"
import { recallWall, rememberWall } from "../../../../app/components/library/wall/wall_memory.js"
import { FakeStorage, fakeGlobal, forbidGlobal } from "../../fakes.js"

beforeEach(() => fakeGlobal("sessionStorage", new FakeStorage()))

test("a place is found again in the same view only", () => {
  rememberWall({ address: "sort=reward", clip_id: "a@0-1000", scroll_px: 840 })
  assert.equal(recallWall("sort=reward")?.scroll_px, 840)
  assert.equal(recallWall(""), null)
})

test("what another page wrote is taken as it is, and nonsense as nothing", () => {
  sessionStorage.setItem("handpicked-wall", JSON.stringify({ address: "", clip_id: "b@0-1000" }))
  assert.equal(recallWall("")?.clip_id, "b@0-1000")
  for (const text of ["", "{", "7", '{"address": ""}']) {
    sessionStorage.setItem("handpicked-wall", text)
    assert.equal(recallWall(""), null)
  }
})

test("a browser without storage begins at the top", () => {
  forbidGlobal("sessionStorage")
  rememberWall({ address: "", clip_id: "a" })
  assert.equal(recallWall(""), null)
})
