// @ts-check

/**
 * Make an element of a class inside another one, with text where there is any.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {Element} parent
 * @param {string} [text]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, className, parent, text) {
  const node = document.createElement(tag)
  node.className = className
  if (text !== undefined) node.textContent = text
  parent.append(node)
  return node
}

/**
 * Write which key does what.
 * @param {Element} parent
 * @param {string[][]} keys each a key and what it does
 */
export function keyLegend(parent, keys) {
  for (const [key, what] of keys) {
    const pair = element("span", "key", parent)
    element("kbd", "", pair, key)
    pair.append(` ${what}`)
  }
}
