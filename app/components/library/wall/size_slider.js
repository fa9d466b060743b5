// @ts-check
import { element } from "../../browser/element.js"
import { mounted } from "../../browser/mounted.js"
import { SIZE_CHANGED, cardSize, setCardSize } from "./size.js"
import { SIZES } from "./wall_grid.js"

/** The slider for the size of the wall's cards. */
class SizeSlider {
  /** @param {HTMLElement} root */
  constructor(root) {
    element("span", "small", root).setAttribute("aria-hidden", "true")
    this.input = element("input", "", root)
    this.input.type = "range"
    this.input.min = String(SIZES.least)
    this.input.max = String(SIZES.most)
    this.input.step = String(SIZES.step)
    this.input.setAttribute("aria-label", "Size of the clips")
    this.input.title = "Size of the clips (keys - and =)"
    element("span", "large", root).setAttribute("aria-hidden", "true")
    this.input.oninput = () => setCardSize(Number(this.input.value))
    this.follow = () => {
      this.input.value = String(cardSize())
      const share = (cardSize() - SIZES.least) / (SIZES.most - SIZES.least)
      this.input.style.setProperty("--share", `${100 * share}%`)
    }
    window.addEventListener(SIZE_CHANGED, this.follow)
  }

  update() {
    this.follow()
  }

  end() {
    window.removeEventListener(SIZE_CHANGED, this.follow)
  }
}

export default mounted(".root", (root) => new SizeSlider(root))
