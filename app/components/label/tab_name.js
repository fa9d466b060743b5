// @ts-check
import { letters } from "../browser/letters.js"

/** A name for this tab that survives a reload. A duplicated tab has a copy of it, and needs one of its own. */
export async function tabName() {
  let name = letters(8)
  try {
    name = sessionStorage.getItem("handpicked.tab") ?? name
    if (navigator.locks && !(await holdLock(name))) name = letters(8)
    sessionStorage.setItem("handpicked.tab", name)
  } catch {
    // No storage in this browser: the name lasts as long as the page does.
  }
  return name
}

/**
 * Whether this page has the name for itself; it keeps it until it goes.
 * @param {string} name
 * @returns {boolean | Promise<boolean>}
 */
function holdLock(name) {
  const page = /** @type {Window & { handpickedTabs?: Set<string> }} */ (window)
  const held = (page.handpickedTabs ??= new Set())
  if (held.has(name)) return true
  return new Promise((tell) => {
    navigator.locks.request(`handpicked.tab.${name}`, { ifAvailable: true }, (lock) => {
      tell(lock !== null)
      if (lock === null) return undefined
      held.add(name)
      return new Promise(() => {})
    })
  })
}
