// @ts-check

/**
 * What Streamlit gives a component at every change of its data.
 * @template Data
 * @typedef {object} Mount
 * @property {Data} data what Python passed as `data`
 * @property {HTMLElement | ShadowRoot} parentElement
 * @property {Send} setStateValue a value that stays: Python reads it at every run
 * @property {Send} setTriggerValue an event: Python reads it in one run
 */

/** @typedef {(name: string, value: unknown) => void} Send */

/**
 * One object for each mounted element: Streamlit calls a component's default export at every change of data, and what
 * that returned only when the element goes.
 * @template Data
 * @param {string} selector of the element inside the component's HTML that the object draws in
 * @param {(root: HTMLElement, data: Data) => { update: (mount: Mount<Data>) => void, end: () => void }} make
 */
export function mounted(selector, make) {
  /** @type {WeakMap<HTMLElement, ReturnType<typeof make>>} */
  const known = new WeakMap()
  return (/** @type {Mount<Data>} */ mount) => {
    const root = /** @type {HTMLElement} */ (mount.parentElement.querySelector(selector))
    const object = known.get(root) ?? make(root, mount.data)
    known.set(root, object)
    object.update(mount)
    return () => {
      object.end()
      known.delete(root)
    }
  }
}
