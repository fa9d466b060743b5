// Answers that the app has not confirmed yet. They lie in the browser's storage until it has: a reload, a closed tab, a
// lost connection or an app that was killed lose none of them. One entry an answer, so that two tabs never write the same.

const ANSWER = "handpicked.answer"

// A name for this tab that survives a reload. A duplicated tab has a copy of it, and needs one of its own.
async function tabName() {
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

// Whether this page has the name for itself; it keeps it until it goes.
function holdLock(name) {
  const held = (window.handpickedTabs ??= new Set())
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

class AnswerLog {
  constructor(scope, tab) {
    this.prefix = `${ANSWER}|${scope}|`
    this.tab = tab
    this.count = 0
    this.waiting = new Map()
    try {
      for (let n = 0; n < localStorage.length; n += 1) {
        const key = localStorage.key(n)
        if (!key.startsWith(this.prefix)) continue
        const event = JSON.parse(localStorage.getItem(key))
        this.waiting.set(event.event_id, event)
        this.count = Math.max(this.count, event.count)
      }
    } catch {
      // No storage: answers are kept in the page alone.
    }
  }

  add(pair_id, answer, response_ms) {
    this.count += 1
    const at_ms = Date.now()
    const event_id = `${this.tab}-${at_ms.toString(36)}-${this.count}-${letters(4)}`
    const event = { event_id, pair_id, answer, response_ms, at_ms, count: this.count }
    this.waiting.set(event_id, event)
    try {
      localStorage.setItem(this.prefix + event_id, JSON.stringify(event))
    } catch {
      // Full or absent: the page still has it.
    }
  }

  confirm(event_ids) {
    for (const event_id of event_ids) {
      this.waiting.delete(event_id)
      try {
        localStorage.removeItem(this.prefix + event_id)
      } catch {
        // Sent again some time, and known there.
      }
    }
  }

  // In the order in which they were given: by their count, which goes on after a reload. A clock may be set back.
  get events() {
    return [...this.waiting.values()].sort((a, b) => a.count - b.count || a.at_ms - b.at_ms)
  }

  // When the answer that waits longest was given, on the clock of `performance.now()`.
  get oldestAt() {
    const ages = this.events.map((event) => Date.now() - event.at_ms)
    return performance.now() - Math.max(0, ...ages)
  }

  // What the answers that wait add to the number of answers.
  get surplus() {
    return this.events.reduce((sum, event) => sum + (event.answer === "undone" ? -1 : 1), 0)
  }
}
