// @ts-check
// Whose key it is. Components listen to the whole document, so that keys work wherever the mouse was clicked last; but
// some elements have a use of their own for them, and who switched single keys off has a use for all.

const FIELDS =
  "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit]), " +
  "[contenteditable=''], [contenteditable=true], [role=combobox], [role=listbox], [role=option], [role=menu], " +
  "[role=menuitem], [role=dialog], [role=spinbutton], [role=textbox], [data-baseweb=popover], [data-testid=stDataFrame]"
const TAKE_ARROWS = "[role=slider], [role=radio], [role=radiogroup], [role=tab], input[type=radio], video[controls]"
const TAKE_ENTER = "a[href], button, summary, [role=button], [role=link], [role=tab], [role=radio], input"
const STAY = ["Enter", "Escape", "Tab"]

/**
 * Whether a key press is for the component inside `root`: nobody took it, and nothing that has the focus wants it.
 * @param {KeyboardEvent} event
 * @param {Element} root
 */
export function isOurs(event, root) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false
  if (document.querySelector("[role=dialog]")) return false
  if (document.documentElement.dataset.letters === "off" && !STAY.includes(event.key)) return false
  const path = event.composedPath().filter((node) => node instanceof Element)
  const own = path.includes(root)
  // Inside the component only what is typed into is not its own.
  const outer = own ? path.slice(0, path.indexOf(root)) : path
  /** @param {string} selector */
  const has = (selector) => outer.some((node) => node.matches(selector))
  if (has(FIELDS)) return false
  if (own) return true
  if (event.key.startsWith("Arrow") && has(TAKE_ARROWS)) return false
  return !(["Enter", " "].includes(event.key) && has(TAKE_ENTER))
}

/**
 * The key's name, a letter's being the same with and without Shift.
 * @param {{ key: string }} event
 */
export function keyName(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key
}
