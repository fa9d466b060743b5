// @ts-check
import { element } from "../browser/element.js"
import { clamp } from "../browser/numbers.js"

/**
 * @typedef {object} Sprite one picture that holds evenly spaced frames of a clip, in rows
 * @property {string} url
 * @property {number} count
 * @property {number} columns
 * @property {number} tile_width
 * @property {number} tile_height
 */

/**
 * The tile of a sprite that a pointer chooses, and how the sprite lies so that this tile fills a box.
 * @param {Sprite} sprite
 * @param {{ width: number, height: number }} box
 * @param {number} share the pointer's place across the box, 0 to 1
 */
export function tileLayout(sprite, box, share) {
  const fit = Math.min(box.width / sprite.tile_width, box.height / sprite.tile_height)
  const [width, height] = [sprite.tile_width * fit, sprite.tile_height * fit]
  const tile = Math.floor(share * sprite.count)
  const rows = Math.ceil(sprite.count / sprite.columns)
  return {
    width,
    height,
    sheet: { width: width * sprite.columns, height: height * rows },
    offset: { x: -width * (tile % sprite.columns), y: -height * Math.floor(tile / sprite.columns) },
  }
}

/**
 * Let the pointer's place across a card choose the frame that its picture shows.
 * @param {HTMLElement} card
 * @param {HTMLElement} picture
 * @param {Sprite} sprite
 */
export function scrub(card, picture, sprite) {
  const layer = element("div", "scrub", picture)
  const at = element("div", "at", picture)
  /** @type {HTMLImageElement | null} */
  let image = null
  card.onpointermove = (event) => {
    const box = picture.getBoundingClientRect()
    if (!image) {
      image = new Image()
      image.onload = () => {
        for (const node of [layer, at]) node.classList.add("ready")
      }
      image.src = sprite.url
      layer.style.backgroundImage = `url("${sprite.url}")`
    }
    const share = clamp((event.clientX - box.left) / box.width, 0, 0.999)
    const { width, height, sheet, offset } = tileLayout(sprite, box, share)
    layer.style.width = `${width}px`
    layer.style.height = `${height}px`
    layer.style.backgroundSize = `${sheet.width}px ${sheet.height}px`
    layer.style.backgroundPosition = `${offset.x}px ${offset.y}px`
    at.style.left = `${100 * share}%`
  }
}
