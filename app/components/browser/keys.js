// @ts-check
// Whose key it is. Components listen to the whole document, so that keys work wherever the mouse was clicked last; but
// some elements have a use of their own for them, and who switched single keys off has a use for all.

const FIELDS =
  "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit]), " +
  "[contenteditable=''], [contenteditable=true], [role=combobox], [role=listbox]:not(.wall), " +
  "[role=option]:not(.card), [role=menu], [role=menuitem], [role=dialog], [role=spinbutton], [role=textbox], [role=slider], [data-baseweb=popover], " +
  "[role=application], [data-testid=stDataFrame]"
/** Inside the component itself its own lists and their options are no fields: what is typed into, or dragged, is. */
const OWN_FIELDS =
  "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit]), " +
  "[contenteditable=''], [contenteditable=true], [role=menu], [role=menuitem]"
/** These use arrows only for somebody who came to them by keyboard: after a click they belong to the page. */
const TAKE_ARROWS = "[role=radio], [role=radiogroup], [role=tab], input[type=radio], video[controls]"
const TAKE_ENTER = "a[href], button, summary, [role=button], [role=link], [role=tab], [role=radio], input"

/** Whether the focus moved by Tab last, not by the pointer. (`:focus-visible` stays on what a script gives the focus.) */
export const focus = { byTab: false }
globalThis.document?.addEventListener("pointerdown", () => (focus.byTab = false), true)
globalThis.document?.addEventListener("keydown", ({ key }) => (focus.byTab = key === "Tab" || focus.byTab), true)

/** Whether the Settings say that no single letter may do anything: the palette, which is on every page, writes it down. */
function lettersAreOff() {
  return document.documentElement.dataset.letters === "off"
}

/**
 * Whether a key press is for the component inside `root`: nobody took it, and nothing that has the focus wants it.
 * @param {KeyboardEvent} event
 * @param {Element} root
 * @param {{ withControl?: boolean }} [also] whether keys that are held with Ctrl or Cmd are meant too
 */
export function isOurs(event, root, { withControl = false } = {}) {
  const control = event.ctrlKey || event.metaKey
  if (event.defaultPrevented || event.altKey || (control && !withControl)) return false
  if (document.querySelector("[role=dialog]")) return false
  if (event.key.length === 1 && event.key !== " " && !control && lettersAreOff()) return false
  const path = event.composedPath().filter((node) => node instanceof Element)
  const own = path.includes(root)
  const inner = own ? path.slice(0, path.indexOf(root)) : path
  /** @param {string} selector */
  const has = (selector) => inner.some((node) => node.matches(selector))
  if (has(own ? OWN_FIELDS : FIELDS)) return false
  if (own) return true
  if (event.key.startsWith("Arrow") && focus.byTab && has(TAKE_ARROWS)) return false
  return !(["Enter", " "].includes(event.key) && has(TAKE_ENTER))
}

/**
 * The key's name, a letter's being the same with and without Shift.
 * @param {{ key: string }} event
 */
export function keyName(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key
}
