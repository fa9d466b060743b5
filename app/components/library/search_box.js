// @ts-check
import { element } from "../browser/element.js"
import { isOurs } from "../browser/keys.js"
import { mounted } from "../browser/mounted.js"
import { recall, remember } from "../browser/remembered.js"
import { otherWay, placeholder, wayOf } from "./search_ways.js"

/** @typedef {import("./search_ways.js").SearchData} SearchData */
/** @typedef {import("./search_ways.js").Way} Way */

const LAST_WAY = "handpicked-search"
const LONGEST_SIDE_PX = 512
/** How long another way is offered after a click elsewhere: the click may be on it. */
const OFFERED_MS = 150

/**
 * A picture as small as the search needs it: nothing larger is sent.
 * @param {Blob} file
 */
async function smallPicture(file) {
  const bitmap = await createImageBitmap(file)
  const fit = Math.min(1, LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height))
  const canvas = document.createElement("canvas")
  canvas.width = Math.max(1, Math.round(bitmap.width * fit))
  canvas.height = Math.max(1, Math.round(bitmap.height * fit))
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL("image/png").split(",")[1]
}

/** One box for words and pictures, which offers what can be searched in this workspace. */
class SearchBox {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root
    this.input = element("input", "", root)
    this.input.type = "search"
    this.input.maxLength = 200
    this.input.setAttribute("aria-label", "Search")
    this.pick = element("button", "pick", root)
    this.pick.type = "button"
    this.pick.title = "Search by a picture: choose one, drop it here, or paste it"
    this.pick.setAttribute("aria-label", "Search by a picture")
    this.file = element("input", "", root)
    this.file.type = "file"
    this.file.accept = "image/*"
    this.file.hidden = true
    this.offer = element("button", "offer", root)
    this.offer.type = "button"
    this.offer.hidden = true
    this.said = element("div", "said", root)
    this.said.setAttribute("role", "status")
    /** @type {SearchData} */
    this.data = { ways: [], pictures: false, value: "", way: null }
    /** @type {import("../browser/mounted.js").Send} */
    this.trigger = () => {}
    this.listen()
  }

  listen() {
    const { input, offer, root } = this
    input.onkeydown = (event) => {
      if (event.key === "Enter") this.search(this.way)
      else if (event.key === "ArrowDown" && !offer.hidden) offer.focus()
      else if (event.key === "Escape") input.blur()
      else return
      event.preventDefault()
    }
    input.oninput = () => this.offerOther()
    input.onfocus = () => this.offerOther()
    input.onblur = () => setTimeout(() => this.offerOther(), OFFERED_MS)
    // The cross of a search field empties it: that takes the search back.
    input.addEventListener("search", () => {
      if (!input.value && this.data.value) this.search(this.data.way ?? this.way)
    })
    input.onpaste = (event) => this.takeFile(event, event.clipboardData)
    offer.onclick = () => this.search(otherWay(this.data, this.way) ?? this.way)
    this.pick.onclick = () => this.file.click()
    this.file.onchange = () => {
      void this.picture(this.file.files?.[0])
      this.file.value = ""
    }
    root.ondragover = (event) => {
      if (!this.data.pictures) return
      event.preventDefault()
      root.classList.add("over")
    }
    root.ondragleave = () => root.classList.remove("over")
    root.ondrop = (event) => {
      root.classList.remove("over")
      this.takeFile(event, event.dataTransfer)
    }
    /** @param {KeyboardEvent} event */
    this.onKey = (event) => {
      if (event.key !== "/" || input.disabled || !isOurs(event, root)) return
      event.preventDefault()
      input.focus()
      input.select()
    }
    document.addEventListener("keydown", this.onKey, true)
  }

  /** @returns {Way} */
  get way() {
    return wayOf(this.data, recall(LAST_WAY))
  }

  /** @param {import("../browser/mounted.js").Mount<SearchData>} mount */
  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue
    const changed = data.value !== this.data.value
    this.data = data
    const typing = this.input.matches(":focus") && !changed
    if (!typing) this.input.value = data.value
    this.input.placeholder = placeholder(data)
    this.input.disabled = !data.ways.length && !data.pictures
    this.input.readOnly = !data.ways.length
    this.input.title = this.input.disabled ? "Clips can be searched once they have narrations or embeddings" : ""
    this.pick.hidden = !data.pictures
    this.offerOther()
  }

  offerOther() {
    const other = otherWay(this.data, this.way)
    const text = this.input.value.trim()
    const inside = this.input.matches(":focus") || this.offer.matches(":focus")
    this.offer.hidden = !other || !text || !inside
    const where = other === "text" ? "Search what is in the picture" : "Search the narrations"
    this.offer.textContent = `${where} for “${text}”`
  }

  /** @param {Way} way */
  search(way) {
    if (!this.data.ways.includes(way)) return
    remember(LAST_WAY, way)
    this.offer.hidden = true
    this.trigger("asked", { way, text: this.input.value.trim() })
  }

  /**
   * @param {Event} event
   * @param {DataTransfer | null} data
   */
  takeFile(event, data) {
    const file = [...(data?.files ?? [])].find(({ type }) => type.startsWith("image/"))
    if (!file || !this.data.pictures) return
    event.preventDefault()
    void this.picture(file)
  }

  /** @param {File | undefined} file */
  async picture(file) {
    if (!file) return
    this.said.textContent = "Searching by the picture"
    try {
      this.trigger("asked", { way: "image", text: file.name || "a picture", content: await smallPicture(file) })
    } catch {
      this.said.textContent = `${file.name} is no picture that this browser can read`
      this.input.placeholder = this.said.textContent
    }
  }

  end() {
    if (this.onKey) document.removeEventListener("keydown", this.onKey, true)
  }
}

export default mounted(".root", (root) => new SearchBox(root))
