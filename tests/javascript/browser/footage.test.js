// @ts-check
import assert from "node:assert/strict"
import { test } from "node:test"
import { Footage } from "../../../app/components/browser/footage.js"

function footage(zero_s = 0) {
  const video = { src: "", currentTime: 0 }
  const made = new Footage(/** @type {any} */ (video))
  made.load({ src: "/v.mp4", zero_s })
  return { video, made }
}

test("our clock counts from the first picture, a player's from where its file begins", () => {
  const { video, made } = footage(0.5)
  made.seek(2)
  assert.equal(video.currentTime, 2.5)
  assert.equal(made.now, 2)
  video.currentTime = 0.2
  assert.equal(made.now, 0)
})

test("a player is sent nowhere before its beginning", () => {
  const { video, made } = footage(-1)
  made.seek(0.25)
  assert.equal(video.currentTime, 0)
})

test("with a window the address says where to stop, on the player's clock", () => {
  const { video, made } = footage()
  assert.equal(video.src, "/v.mp4")
  made.load({ src: "/w.mp4", zero_s: 0.25 }, { from_s: 1, to_s: 3.0004 })
  assert.equal(video.src, "/w.mp4#t=1.250,3.250")
})
