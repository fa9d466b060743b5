// @ts-check

/**
 * Two hexadecimal letters for each of `bytes` random ones: names that nothing else has. (`crypto.randomUUID` is there
 * on a secure address only.)
 * @param {number} bytes
 */
export function letters(bytes) {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (n) => n.toString(16).padStart(2, "0")).join("")
}
