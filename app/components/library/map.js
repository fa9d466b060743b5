// One state per mounted element: the default export runs again at every change of data, its cleanup only at unmount.
const states = new WeakMap()

// Viridis (van der Walt, Smith 2015) at nine places: light and dark grounds both show it.
const RAMP = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"]
const CLASSES = ["#4c9be8", "#f2994a", "#27ae60", "#eb5757", "#9b51e0", "#b08968", "#f783ac", "#94a3b8", "#c0ca33", "#22b8cf"]
const NONE = "#8884"

function element(tag, className, parent, text) {
  const node = document.createElement(tag)
  node.className = className
  if (text !== undefined) node.textContent = text
  parent.append(node)
  return node
}

function floats(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
  return new Float32Array(bytes.buffer)
}

// Even–odd rule.
function inside(polygon, x, y) {
  let odd = false
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i]
    const [xj, yj] = polygon[j]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd
  }
  return odd
}

class ClipMap {
  constructor(root) {
    const stage = element("div", "stage", root)
    this.canvas = element("canvas", "", stage)
    this.tip = element("div", "tip", stage)
    this.tip.hidden = true
    this.image = element("img", "", this.tip)
    this.name = element("div", "name", this.tip)
    this.said = element("div", "", this.tip)
    this.foot = element("div", "foot", root)
    this.lasso = null
    this.fit()
    this.canvas.onpointerdown = (event) => this.down(event)
    this.canvas.onpointermove = (event) => this.moved(event)
    this.canvas.onpointerup = (event) => this.up(event)
    this.canvas.onpointerleave = () => { this.tip.hidden = true }
    this.canvas.onwheel = (event) => this.wheel(event)
    this.canvas.ondblclick = () => { this.fit(); this.draw() }
    this.watch = new ResizeObserver(() => this.resize())
    this.watch.observe(this.canvas)
  }

  fit() {
    this.zoom = 1
    this.at = [0.5, 0.5]
  }

  update(data, setTriggerValue) {
    this.trigger = setTriggerValue
    const stamp = `${data.stamp}`
    if (stamp === this.stamp) return
    this.stamp = stamp
    this.data = data
    this.x = floats(data.x)
    this.y = floats(data.y)
    this.bucket = floats(data.bucket)
    this.legend()
    this.resize()
  }

  colour(bucket) {
    if (bucket < 0) return NONE
    return this.data.classes.length ? CLASSES[bucket % CLASSES.length] : RAMP[bucket]
  }

  legend() {
    this.foot.replaceChildren()
    const { classes, low, high, column } = this.data
    classes.forEach((name, n) => {
      const key = element("span", "key", this.foot)
      element("span", "dot", key).style.background = this.colour(n)
      key.append(name)
    })
    if (!classes.length && column) {
      const key = element("span", "key", this.foot, `${column} ${low}`)
      element("span", "ramp", key).style.background = `linear-gradient(90deg, ${RAMP.join()})`
      key.append(high)
    }
    element("span", "help", this.foot, "Draw around clips to see only them · wheel zooms · double-click shows all · click opens")
  }

  resize() {
    const scale = devicePixelRatio || 1
    this.width = this.canvas.clientWidth
    this.height = this.canvas.clientHeight
    this.canvas.width = this.width * scale
    this.canvas.height = this.height * scale
    this.draw()
  }

  // From the unit square to the canvas, and back.
  side() { return Math.min(this.width, this.height) * 0.94 * this.zoom }
  toX(x) { return this.width / 2 + (x - this.at[0]) * this.side() }
  toY(y) { return this.height / 2 - (y - this.at[1]) * this.side() }
  fromX(px) { return (px - this.width / 2) / this.side() + this.at[0] }
  fromY(py) { return -(py - this.height / 2) / this.side() + this.at[1] }

  draw() {
    if (!this.data || !this.width) return
    const pen = this.canvas.getContext("2d")
    const scale = devicePixelRatio || 1
    pen.setTransform(scale, 0, 0, scale, 0, 0)
    pen.clearRect(0, 0, this.width, this.height)
    const count = this.x.length
    const size = count > 20000 ? 2 : count > 2000 ? 3.5 : 6
    pen.globalAlpha = count > 20000 ? 0.6 : 0.8
    const groups = new Map()
    for (let n = 0; n < count; n++) {
      const list = groups.get(this.bucket[n])
      if (list) list.push(n)
      else groups.set(this.bucket[n], [n])
    }
    for (const [bucket, members] of [...groups].sort((a, b) => a[0] - b[0])) {
      pen.fillStyle = this.colour(bucket)
      for (const n of members) pen.fillRect(this.toX(this.x[n]) - size / 2, this.toY(this.y[n]) - size / 2, size, size)
    }
    pen.globalAlpha = 1
    if (this.lasso?.length > 1) {
      pen.strokeStyle = this.ink()
      pen.lineWidth = 1.5
      pen.setLineDash([5, 4])
      pen.beginPath()
      this.lasso.forEach(([x, y], n) => pen[n ? "lineTo" : "moveTo"](this.toX(x), this.toY(y)))
      pen.stroke()
      pen.setLineDash([])
    }
    if (this.near >= 0) {
      pen.strokeStyle = this.ink()
      pen.lineWidth = 2
      pen.strokeRect(this.toX(this.x[this.near]) - size, this.toY(this.y[this.near]) - size, 2 * size, 2 * size)
    }
  }

  ink() {
    return getComputedStyle(this.canvas).color
  }

  // The nearest point within a few pixels, or -1.
  nearest(px, py) {
    const [x, y] = [this.fromX(px), this.fromY(py)]
    let best = (9 / this.side()) ** 2
    let found = -1
    for (let n = 0; n < this.x.length; n++) {
      const distance = (this.x[n] - x) ** 2 + (this.y[n] - y) ** 2
      if (distance < best) { best = distance; found = n }
    }
    return found
  }

  down(event) {
    this.canvas.setPointerCapture(event.pointerId)
    this.lasso = [[this.fromX(event.offsetX), this.fromY(event.offsetY)]]
    this.moves = 0
  }

  moved(event) {
    if (this.lasso) {
      this.moves += 1
      this.tip.hidden = true
      this.lasso.push([this.fromX(event.offsetX), this.fromY(event.offsetY)])
      this.draw()
      return
    }
    const near = this.nearest(event.offsetX, event.offsetY)
    this.tip.hidden = near < 0
    if (near >= 0) {
      this.tip.style.left = `${Math.max(0, Math.min(this.width - 212, event.offsetX + 14))}px`
      this.tip.style.top = `${Math.max(0, Math.min(this.height - 160, event.offsetY + 14))}px`
    }
    if (near === this.near) return
    this.near = near
    if (near >= 0) {
      const id = this.data.clip_ids[near]
      this.image.src = `${this.data.thumbnails}/${encodeURIComponent(id)}`
      this.name.textContent = id
      this.said.textContent = this.data.values ? `${this.data.column} ${this.data.values[near] ?? "–"}` : ""
    }
    this.draw()
  }

  up(event) {
    const polygon = this.lasso
    this.lasso = null
    if (this.moves < 6) {
      const near = this.nearest(event.offsetX, event.offsetY)
      if (near >= 0) this.trigger("open", this.data.clip_ids[near])
    } else {
      const picked = []
      for (let n = 0; n < this.x.length; n++) {
        if (inside(polygon, this.x[n], this.y[n])) picked.push(this.data.clip_ids[n])
      }
      if (picked.length) this.trigger("picked", picked)
    }
    this.draw()
  }

  wheel(event) {
    event.preventDefault()
    const [x, y] = [this.fromX(event.offsetX), this.fromY(event.offsetY)]
    this.zoom = Math.min(60, Math.max(1, this.zoom * Math.exp(-event.deltaY / 500)))
    if (this.zoom === 1) this.fit()
    else {
      // What lies under the pointer stays there.
      this.at[0] += x - this.fromX(event.offsetX)
      this.at[1] += y - this.fromY(event.offsetY)
    }
    this.draw()
  }

  end() {
    this.watch.disconnect()
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root")
  let map = states.get(root)
  if (!map) {
    map = new ClipMap(root)
    states.set(root, map)
  }
  map.update(data, setTriggerValue)
  return () => {
    map.end()
    states.delete(root)
  }
}
