// @ts-check
// What the tests use in the place of a browser's.

/** A browser's storage: of strings, in the order in which they came, with a limit where one is set. */
export class FakeStorage {
  constructor(capacity = Infinity) {
    /** @type {Map<string, string>} */
    this.entries = new Map()
    this.capacity = capacity
  }

  get length() {
    return this.entries.size
  }

  /** @param {number} n */
  key(n) {
    return [...this.entries.keys()][n] ?? null
  }

  /** @param {string} key */
  getItem(key) {
    return this.entries.get(key) ?? null
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  setItem(key, value) {
    if (this.entries.size >= this.capacity && !this.entries.has(key)) throw new Error("QuotaExceededError")
    this.entries.set(key, String(value))
  }

  /** @param {string} key */
  removeItem(key) {
    this.entries.delete(key)
  }

  clear() {
    this.entries.clear()
  }
}

/**
 * Put something in the place of a global of the browser's.
 * @param {string} name
 * @param {unknown} value
 */
export function fakeGlobal(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
}

/** Have every access to a global fail, as a browser does that allows no storage. @param {string} name */
export function forbidGlobal(name) {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    get: () => {
      throw new Error("SecurityError")
    },
  })
}
