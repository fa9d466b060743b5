// @ts-check
import { mounted } from "../browser/mounted.js"

/** The sidebar's link to the page in view: Streamlit keeps the address for it, and with it the clip that is open. */
class SidebarLink {
  constructor() {
    /** @type {import("../browser/mounted.js").Send} */
    this.send = () => {}
    /** @param {MouseEvent} event */
    this.clicked = (event) => {
      const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement)
      const here = link?.closest("[data-testid=stSidebar]") && link.pathname === window.location.pathname
      if (here && !event.ctrlKey && !event.metaKey && !event.shiftKey) this.send("left", Date.now())
    }
    document.addEventListener("click", this.clicked, true)
  }

  /** @param {import("../browser/mounted.js").Mount<null>} mount */
  update({ setTriggerValue }) {
    this.send = setTriggerValue
  }

  end() {
    document.removeEventListener("click", this.clicked, true)
  }
}

export default mounted("span", () => new SidebarLink())
