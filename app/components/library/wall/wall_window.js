// @ts-check

/**
 * The element that scrolls what is around a node.
 * @param {Node} node
 * @returns {HTMLElement}
 */
function scrollerOf(node) {
  for (let up = node.parentNode; up; up = up.parentNode) {
    if (up instanceof ShadowRoot) up = up.host
    if (up instanceof HTMLElement && ["auto", "scroll"].includes(getComputedStyle(up).overflowY)) return up
  }
  return document.documentElement
}

/** The window that a wall is seen through: what scrolls it, and what covers its edges. */
export class WallWindow {
  /**
   * @param {HTMLElement} wall
   * @param {() => void} moved
   */
  constructor(wall, moved) {
    this.wall = wall
    this.scroller = scrollerOf(wall)
    this.moved = moved
    this.asked = false
    this.onMove = () => {
      if (this.asked) return
      this.asked = true
      requestAnimationFrame(() => {
        this.asked = false
        this.moved()
      })
    }
    this.scroller.addEventListener("scroll", this.onMove, { passive: true })
    this.watch = new ResizeObserver(this.onMove)
    this.watch.observe(wall)
    this.watch.observe(this.scroller)
  }

  get scroll_px() {
    return this.scroller.scrollTop
  }

  /** The part of the page that nothing covers, from the page's upper edge. */
  seen() {
    const box = this.scroller.getBoundingClientRect()
    const head = document.querySelector(".st-key-library-head")?.getBoundingClientRect()
    return { top: Math.max(box.top, head?.bottom ?? 0), bottom: Math.min(box.bottom, window.innerHeight) }
  }

  /** The window's upper edge and height, from the wall's upper edge. */
  part() {
    const { top, bottom } = this.seen()
    return { top_px: top - this.wall.getBoundingClientRect().top, height_px: bottom - top }
  }

  /** @param {number} scroll_px */
  to(scroll_px) {
    this.scroller.scrollTop = scroll_px
  }

  /** @param {number} step_px */
  by(step_px) {
    if (step_px) this.scroller.scrollTop += step_px
  }

  end() {
    this.scroller.removeEventListener("scroll", this.onMove)
    this.watch.disconnect()
  }
}
