// @ts-check
// A view's filters as its address has them: `storage/library/view.py` reads and writes the same.

/** @typedef {{ low: number | null, high: number | null }} Bounds */
/** @typedef {"source" | "origin" | "video" | "tag" | "without"} ListName */

/** @param {string | undefined} text */
function bound(text) {
  const value = text ? Number(text) : NaN
  return Number.isFinite(value) ? value : null
}

export class FilterState {
  /** @param {string} address */
  constructor(address) {
    this.params = new URLSearchParams(address)
  }

  get address() {
    return this.params.toString()
  }

  /**
   * The range of a number; open on both sides where none is set.
   * @param {string} name
   * @returns {Bounds}
   */
  range(name) {
    const found = this.params.getAll("range").findLast((text) => text.split(":")[0] === name)
    const [, low, high] = (found ?? "").split(":")
    return { low: bound(low), high: bound(high) }
  }

  /**
   * @param {string} name
   * @param {Bounds} bounds
   */
  setRange(name, { low, high }) {
    const others = this.params.getAll("range").filter((text) => text.split(":")[0] !== name)
    this.params.delete("range")
    for (const text of others) this.params.append("range", text)
    if (low !== null || high !== null) this.params.append("range", `${name}:${low ?? ""}:${high ?? ""}`)
  }

  /**
   * @param {ListName} list
   * @param {string} value
   */
  has(list, value) {
    return this.params.getAll(list).includes(value)
  }

  /**
   * Put a value on a list, or take it off.
   * @param {ListName} list
   * @param {string} value
   * @param {boolean} wanted
   */
  put(list, value, wanted) {
    const others = this.params.getAll(list).filter((other) => other !== value)
    this.params.delete(list)
    for (const other of wanted ? [...others, value] : others) this.params.append(list, other)
  }

  /**
   * A tag's next state: any, with it, without it, and round again.
   * @param {string} tag
   */
  turnTag(tag) {
    const [has, without] = [this.has("tag", tag), this.has("without", tag)]
    this.put("tag", tag, !has && !without)
    this.put("without", tag, has)
  }

  /**
   * @param {string} name
   * @returns {"" | "yes" | "no"}
   */
  flag(name) {
    const found = this.params.getAll(name).at(-1)
    return found === undefined ? "" : found === "yes" ? "yes" : "no"
  }

  /**
   * @param {string} name
   * @param {"" | "yes" | "no"} value
   */
  setFlag(name, value) {
    this.params.delete(name)
    if (value) this.params.append(name, value)
  }

  /**
   * How many filters of this panel are set: each number, list and flag counts once.
   * @param {string[]} flags
   */
  count(flags) {
    const lists = ["source", "origin", "video", ...flags].filter((name) => this.params.has(name)).length
    const each = ["range", "tag", "without"].map((name) => this.params.getAll(name).length)
    return each.reduce((sum, n) => sum + n, lists)
  }

  /** Remove all filters of this panel. @param {string[]} flags */
  clear(flags) {
    for (const name of ["range", "source", "origin", "video", "tag", "without", ...flags]) this.params.delete(name)
  }
}
