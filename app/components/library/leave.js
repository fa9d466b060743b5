// The sidebar's link to the page in view: Streamlit keeps the address for it, and with it the clip that is open.
const leavers = new WeakMap()

export default function ({ parentElement, setTriggerValue }) {
  const known = leavers.get(parentElement)
  if (known) {
    known.leave = setTriggerValue
    return known.end
  }
  const state = { leave: setTriggerValue }
  const clicked = (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement)
    const here = link?.closest("[data-testid=stSidebar]") && link.pathname === window.location.pathname
    if (here && !event.ctrlKey && !event.metaKey && !event.shiftKey) state.leave("left", Date.now())
  }
  document.addEventListener("click", clicked, true)
  state.end = () => {
    document.removeEventListener("click", clicked, true)
    leavers.delete(parentElement)
  }
  leavers.set(parentElement, state)
  return state.end
}
