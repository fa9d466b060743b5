// @ts-check
// Choices of a person that a reload keeps. A browser without storage keeps them as long as the page is open.

/** @param {string} name */
export function recall(name) {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(name, value)
  } catch {
    // No storage: the choice lasts as long as the page does.
  }
}
