// One state per mounted element: the default export runs again at every change of data, its cleanup only at unmount.
const states = new WeakMap()

function element(tag, className, parent, text) {
  const node = document.createElement(tag)
  node.className = className
  if (text !== undefined) node.textContent = text
  parent.append(node)
  return node
}

const KEYS = [
  ["← → ↑ ↓", "move"], ["Enter", "open"], ["K", "keep"], ["D", "drop"], ["T", "tag"], ["Z", "undo"], ["/", "search"],
]

class Wall {
  constructor(root) {
    this.grid = element("div", "wall", root)
    this.legend = element("div", "legend", root)
    for (const [key, what] of KEYS) {
      const pair = element("span", "key", this.legend)
      element("kbd", "", pair, key)
      pair.append(` ${what}`)
    }
    this.said = element("div", "said", root)
    this.said.setAttribute("role", "status")
    this.current = 0
    this.waiting = []
    this.over = false
    root.onpointerenter = () => { this.over = true }
    root.onpointerleave = () => {
      this.over = false
      if (this.cards && !this.data.legend) this.point(-1)
    }
    this.root = root
    this.onKey = (event) => this.key(event)
    // On its way down: of several that listen, the wall that the pointer is over comes before a player.
    document.addEventListener("keydown", this.onKey, true)
  }

  update(data, setStateValue, setTriggerValue) {
    this.setState = setStateValue
    this.trigger = setTriggerValue
    const acknowledged = new Set(data.acknowledged)
    this.waiting = this.waiting.filter((action) => !acknowledged.has(action.id))
    const same = this.data && JSON.stringify(this.data.cards) === JSON.stringify(data.cards)
    // A clip that is still here keeps its mark: in a view of undecided clips, those that were decided leave.
    const marked = this.data?.cards[this.current]?.id
    const place = data.cards.findIndex((card) => card.id === marked)
    this.current = place >= 0 ? place : data.legend ? 0 : -1
    this.data = data
    this.legend.hidden = !data.legend
    this.decisions = data.cards.map((card) => card.decision)
    // What is on its way already shows.
    for (const action of this.waiting) {
      const at = data.cards.findIndex((card) => card.id === action.clip_id)
      if (at >= 0 && "decision" in action) this.decisions[at] = action.decision
    }
    // A tag that is being typed is not swept away by an answer to an earlier key: drawing waits for it.
    if (same) this.mark()
    else if (this.grid.querySelector(".tagline")) this.stale = true
    else this.draw()
  }

  draw() {
    this.stale = false
    this.grid.replaceChildren()
    this.cards = this.data.cards.map((card, place) => this.card(card, place))
    this.mark()
  }

  card(card, place) {
    const node = element("div", "card", this.grid)
    node.setAttribute("role", "button")
    const picture = element("div", "picture", node)
    if (card.thumbnail) picture.style.backgroundImage = `url("${card.thumbnail}")`
    node.decision = element("span", "badge decision", picture)
    element("span", "badge length", picture, card.length)
    if (card.score) element("span", "badge score", picture, card.score)
    element("div", "title", node, card.title)
    element("div", "below", node, card.below || "\u00a0")
    node.setAttribute("aria-label", `${card.title}, ${card.length}${card.score ? `, ${card.score}` : ""}`)
    node.title = card.hint
    node.onclick = () => { this.point(place); this.open() }
    node.onfocus = () => this.point(place)
    node.onpointerenter = () => { if (!this.data.legend) this.point(place) }
    if (card.sprite) this.scrub(node, picture, card.sprite)
    return node
  }

  // The sprite is a grid of evenly spaced frames: the pointer's place across the card chooses one.
  scrub(node, picture, sprite) {
    const layer = element("div", "scrub", picture)
    const at = element("div", "at", picture)
    let image = null
    node.onpointermove = (event) => {
      const box = picture.getBoundingClientRect()
      if (!image) {
        image = new Image()
        image.onload = () => { layer.classList.add("ready"); at.classList.add("ready") }
        image.src = sprite.url
        layer.style.backgroundImage = `url("${sprite.url}")`
      }
      const fit = Math.min(box.width / sprite.tile_width, box.height / sprite.tile_height)
      const [width, height] = [sprite.tile_width * fit, sprite.tile_height * fit]
      const share = Math.min(0.999, Math.max(0, (event.clientX - box.left) / box.width))
      const tile = Math.floor(share * sprite.count)
      const rows = Math.ceil(sprite.count / sprite.columns)
      layer.style.width = `${width}px`
      layer.style.height = `${height}px`
      layer.style.backgroundSize = `${width * sprite.columns}px ${height * rows}px`
      layer.style.backgroundPosition = `${-width * (tile % sprite.columns)}px ${-height * Math.floor(tile / sprite.columns)}px`
      at.style.left = `${100 * share}%`
    }
  }

  mark() {
    this.cards.forEach((node, place) => {
      const decision = this.decisions[place]
      node.classList.toggle(this.data.legend ? "current" : "pointed", place === this.current)
      node.tabIndex = place === Math.max(0, this.current) ? 0 : -1
      node.classList.toggle("dropped", decision === "drop")
      node.decision.hidden = !decision
      node.decision.className = `badge decision ${decision || ""}`
      node.decision.textContent = decision || ""
    })
  }

  point(place) {
    if (place === this.current) return
    this.current = place
    this.mark()
  }

  move(step) {
    const last = this.cards.length - 1
    this.point(this.current < 0 ? 0 : Math.min(last, Math.max(0, this.current + step)))
    this.cards[this.current].focus({ preventScroll: true })
    this.cards[this.current].scrollIntoView({ block: "nearest" })
  }

  columns() {
    const tops = this.cards.map((node) => node.offsetTop)
    return tops.filter((top) => top === tops[0]).length
  }

  open() {
    const card = this.data.cards[this.current]
    if (card) this.trigger("open", card.id)
  }

  // Does something to the marked clip where its mark can be seen; else brings that into view, for nobody decides about
  // a clip that they don't see.
  withMarked(act) {
    const node = this.cards[this.current]
    if (!node) return
    const box = node.getBoundingClientRect()
    const middle = (box.top + box.bottom) / 2
    if (middle > 0 && middle < window.innerHeight) act()
    else {
      node.scrollIntoView({ block: "center" })
      this.said.textContent = `The marked clip is ${this.data.cards[this.current].title}. Press the key again.`
    }
  }

  // Kept until Python says that it has it: fast keys come faster than the app answers.
  act(action) {
    this.waiting.push({ id: letters(16), ...action })
    this.setState("log", this.waiting)
  }

  decide(decision) {
    const card = this.data.cards[this.current]
    const already = this.decisions[this.current] === decision
    this.decisions[this.current] = already ? null : decision
    this.act({ clip_id: card.id, decision: already ? null : decision })
    this.said.textContent = already ? "No decision" : `${decision}: ${card.title}`
    if (!already && this.current < this.cards.length - 1) this.move(1)
    else this.mark()
  }

  tag() {
    const card = this.data.cards[this.current]
    const node = this.cards[this.current]
    const line = element("div", "tagline", node.querySelector(".picture"))
    const input = element("input", "", line)
    input.placeholder = "Tag, then Enter"
    input.setAttribute("aria-label", "Tag")
    input.setAttribute("list", "wall-tags")
    const list = element("datalist", "", line)
    list.id = "wall-tags"
    for (const tag of this.data.tags) element("option", "", list).value = tag
    const gone = () => {
      line.remove()
      if (this.stale) this.draw()
    }
    const close = () => { gone(); this.cards[this.current]?.focus({ preventScroll: true }) }
    line.onclick = (event) => event.stopPropagation()
    input.onkeydown = (event) => {
      event.stopPropagation()
      if (event.key === "Escape") close()
      if (event.key !== "Enter") return
      event.preventDefault()
      const tag = input.value.trim().slice(0, 60)
      close()
      if (!tag) return
      this.act({ clip_id: card.id, tag })
      this.said.textContent = `Tagged ${tag}`
    }
    input.onkeyup = (event) => event.stopPropagation()
    input.onblur = () => setTimeout(() => line.isConnected && gone(), 120)
    input.focus()
  }

  key(event) {
    const target = event.composedPath()[0]
    // Of several walls on a page the keys belong to the one in use.
    if (!this.data.legend && !this.over && !this.root.contains(target)) return
    if (!this.cards?.length || !isOurs(event, this.root)) return
    const actions = {
      ArrowRight: () => this.move(1),
      ArrowLeft: () => this.move(-1),
      ArrowDown: () => this.move(this.columns()),
      ArrowUp: () => this.move(-this.columns()),
      Enter: () => this.withMarked(() => this.open()),
      k: () => this.withMarked(() => this.decide("keep")),
      d: () => this.withMarked(() => this.decide("drop")),
      t: () => this.withMarked(() => this.tag()),
      z: () => { this.act({ undo: true }); this.said.textContent = "Undone" },
      "/": () => document.querySelector('input[aria-label="Search"]')?.focus(),
    }
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!action || (event.repeat && !event.key.startsWith("Arrow"))) return
    event.preventDefault()
    action()
  }

  end() {
    document.removeEventListener("keydown", this.onKey, true)
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".root")
  let wall = states.get(root)
  if (!wall) {
    wall = new Wall(root)
    states.set(root, wall)
  }
  wall.update(data, setStateValue, setTriggerValue)
  return () => {
    wall.end()
    states.delete(root)
  }
}
