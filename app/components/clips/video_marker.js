// One state per mounted element: the default export runs again at every change of data, its cleanup only at unmount.
const states = new WeakMap()

// Times are stored to the millisecond: a little later, the frame that begins there has begun.
const INTO_FRAME_S = 0.001

const clock = (t) => {
  const m = Math.floor(t / 60)
  return `${m}:${(t - 60 * m).toFixed(2).padStart(5, "0")}`
}

function element(tag, className, parent, text) {
  const node = document.createElement(tag)
  node.className = className
  if (text !== undefined) node.textContent = text
  parent.append(node)
  return node
}

// Clips that overlap go into lanes below one another.
function lanes(clips) {
  const ends = []
  return clips.map((clip) => {
    let lane = ends.findIndex((end) => end <= clip.start_s + 1e-6)
    if (lane < 0) lane = ends.push(0) - 1
    ends[lane] = clip.end_s
    return lane
  })
}

// MediaPipe's hand: which landmarks are joined.
const BONES = [
  [0, 1], [1, 2], [2, 3], [3, 4], [0, 5], [5, 6], [6, 7], [7, 8], [5, 9], [9, 10], [10, 11], [11, 12],
  [9, 13], [13, 14], [14, 15], [15, 16], [13, 17], [17, 18], [18, 19], [19, 20], [0, 17],
]

// The last hand frame shown at or before t, unless it is too old to belong to the picture.
function handFrame(track, t) {
  let low = 0
  let high = track.t_s.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (track.t_s[middle] <= t + 0.02) low = middle
    else high = middle - 1
  }
  const age = t - track.t_s[low]
  return age > -0.02 && age < 0.3 ? track.hands[low] : []
}

class Marker {
  constructor(root) {
    this.root = root
    this.inS = null
    this.outS = null
    this.loop = null
    const stage = element("div", "stage", root)
    this.video = element("video", "video", stage)
    this.overlay = element("canvas", "overlay", stage)
    Object.assign(this.video, { muted: true, playsInline: true, preload: "auto" })
    this.footage = new Footage(this.video)
    const bar = element("div", "bar", root)
    this.playButton = element("button", "button", bar, "Play")
    this.time = element("span", "time", bar)
    this.inButton = element("button", "button", bar)
    this.outButton = element("button", "button", bar)
    this.addButton = element("button", "button primary", bar, "Add clip")
    this.splitButton = element("button", "button", bar, "Split here")
    this.said = element("span", "said", bar)
    this.said.setAttribute("role", "status")
    this.track = element("div", "track", root)
    this.track.tabIndex = 0
    this.track.setAttribute("role", "slider")
    this.track.setAttribute("aria-label", "Place in the video")
    this.legend = element("div", "legend", root)
    this.marks = element("div", "marks", this.track)
    this.clipLayer = element("div", "clips", this.track)
    this.head = element("div", "head", this.track)

    this.playButton.onclick = () => this.toggle()
    this.inButton.onclick = () => this.mark("in")
    this.outButton.onclick = () => this.mark("out")
    this.addButton.onclick = () => this.add()
    this.splitButton.onclick = () => this.split()
    this.track.onpointerdown = (event) => {
      if (event.target.dataset.clip) return
      this.loop = null
      this.track.setPointerCapture(event.pointerId)
      this.seekToPointer(event)
      this.track.onpointermove = (move) => this.seekToPointer(move)
    }
    this.track.onpointerup = () => { this.track.onpointermove = null }
    this.onKey = (event) => this.key(event)
    document.addEventListener("keydown", this.onKey)
    this.tick = () => { this.draw(); this.frame = requestAnimationFrame(this.tick) }
    this.tick()
  }

  update(data, setTriggerValue) {
    this.data = data
    this.send = setTriggerValue
    const identity = `${data.src} ${data.zero_s} ${data.window?.clip_id ?? ""}`
    if (this.identity !== identity) {
      this.identity = identity
      this.begin()
    }
    const stamp = JSON.stringify([data.clips, data.window])
    if (stamp === this.clipStamp) return
    this.clipStamp = stamp
    this.clipLayer.replaceChildren()
    const places = lanes(data.clips)
    const count = Math.max(1, ...places.map((lane) => lane + 1))
    this.track.style.setProperty("--lanes", Math.min(count, 8))
    data.clips.forEach((clip, n) => {
      if (clip.end_s <= this.from || clip.start_s >= this.to) return
      const node = element("button", "clip", this.clipLayer)
      node.dataset.clip = clip.clip_id
      node.style.left = `${this.place(clip.start_s)}%`
      node.style.width = `${this.place(clip.end_s) - this.place(clip.start_s)}%`
      node.classList.toggle("own", clip.clip_id === data.window?.clip_id)
      node.style.top = `calc(${places[n] % 8} * var(--lane))`
      node.title = `${clip.narration || clip.origin}  ${clock(clip.start_s)} – ${clock(clip.end_s)}`
      node.setAttribute("aria-label", node.title)
      node.onclick = () => {
        this.loop = clip
        this.footage.seek(clip.start_s + INTO_FRAME_S)
        this.play()
      }
    })
  }

  // Another video, or another clip of it. One clip is looped, with a little around it to widen the window into.
  begin() {
    const { src, window: own, duration_s: duration } = this.data
    if (this.video.getAttribute("src") !== src) this.footage.load(this.data)
    this.inS = own ? own.start_s : null
    this.outS = own ? own.end_s : null
    this.loop = own ?? null
    this.said.textContent = ""
    const around = own ? Math.max(1, (own.end_s - own.start_s) / 2) : 0
    this.from = own ? Math.max(0, own.start_s - around) : 0
    this.to = own ? Math.min(duration, own.end_s + around) : duration
    this.splitButton.hidden = !own
    this.addButton.textContent = own ? "Save window" : "Add clip"
    this.legend.replaceChildren()
    for (const [key, what] of [
      ["Space", "play or pause"], ["← →", "one frame"], ["⇧ ← →", "one second"], ["I", "mark in"], ["O", "mark out"],
      ["Enter", own ? "save the window" : "add the clip"], ...(own ? [["S", "split here"]] : []),
      ["Esc", own ? "back to the window" : "clear the marks"],
    ]) {
      const pair = element("span", "key", this.legend)
      element("kbd", "", pair, key)
      pair.append(` ${what}`)
    }
    this.footage.seek(own ? own.start_s + INTO_FRAME_S : 0)
    if (!own) return
    this.play()
  }

  // A time's place on the timeline, in percent.
  place(t) {
    return (100 * (t - this.from)) / (this.to - this.from)
  }

  play() {
    this.video.play().catch(() => {}) // a pause that comes at once is no error
  }

  toggle() {
    if (this.video.paused) this.play()
    else this.video.pause()
  }

  seek(t) {
    const last = Math.max(0, this.data.duration_s - 0.5 / this.data.fps)
    this.footage.seek(Math.min(last, Math.max(0, t)))
  }

  seekToPointer(event) {
    const box = this.track.getBoundingClientRect()
    this.seek(this.from + ((event.clientX - box.left) / box.width) * (this.to - this.from))
  }

  // The place is the start of the frame in view; an out mark lies after it, since windows are half-open.
  mark(which) {
    const frame = 1 / this.data.fps
    const start = Math.floor(this.footage.now / frame + 1e-3) * frame
    if (which === "in") this.inS = start
    else this.outS = Math.min(this.data.duration_s, start + frame)
    this.said.textContent = ""
  }

  add() {
    if (this.inS === null || this.outS === null) {
      this.said.textContent = "Mark in (I) and out (O) first."
    } else if (this.outS <= this.inS) {
      this.said.textContent = "The out mark lies before the in mark."
    } else {
      this.send("marked", { start_s: this.inS, end_s: this.outS, nonce: Date.now() })
      this.said.textContent = `${this.data.window ? "Saved" : "Added"} ${clock(this.inS)} – ${clock(this.outS)}.`
      if (!this.data.window) this.inS = this.outS = null
    }
  }

  split() {
    const own = this.data.window
    const frame = 1 / this.data.fps
    const at = Math.floor(this.footage.now / frame + 1e-3) * frame
    if (!own) return
    if (at <= own.start_s || at >= own.end_s) this.said.textContent = "Go to a place inside the clip first."
    else this.send("split", { at_s: at, nonce: Date.now() })
  }

  key(event) {
    if (!isOurs(event, this.root)) return
    const onButton = event.composedPath()[0] instanceof HTMLButtonElement
    const step = event.shiftKey ? 1 : 1 / this.data.fps
    const actions = {
      ArrowLeft: () => { this.video.pause(); this.seek(this.footage.now - step) },
      ArrowRight: () => { this.video.pause(); this.seek(this.footage.now + step) },
      i: () => this.mark("in"),
      o: () => this.mark("out"),
      s: () => this.split(),
      Escape: () => {
        const own = this.data.window
        this.inS = own ? own.start_s : null
        this.outS = own ? own.end_s : null
        this.loop = own ?? null
      },
    }
    if (!onButton) Object.assign(actions, { " ": () => this.toggle(), Enter: () => this.add() })
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!action) return
    if (event.repeat && !event.key.startsWith("Arrow")) return
    event.preventDefault()
    action()
  }

  // Landmarks are shares of the picture's width and height; the picture is fitted into the player.
  drawHands(now) {
    const { clientWidth: width, clientHeight: height } = this.video
    const tracks = (this.data.tracks ?? []).filter((track) => now >= track.start_s && now < track.end_s)
    this.overlay.hidden = !tracks.length
    if (!tracks.length || !this.video.videoWidth) return
    if (this.overlay.width !== width || this.overlay.height !== height) {
      Object.assign(this.overlay, { width, height })
    }
    const fit = Math.min(width / this.video.videoWidth, height / this.video.videoHeight)
    const [w, h] = [this.video.videoWidth * fit, this.video.videoHeight * fit]
    const [x0, y0] = [(width - w) / 2, (height - h) / 2]
    const pen = this.overlay.getContext("2d")
    pen.clearRect(0, 0, width, height)
    pen.lineWidth = 2
    for (const track of tracks) {
      for (const hand of handFrame(track, now)) {
        const point = (k) => [x0 + hand.xy[2 * k] * w, y0 + hand.xy[2 * k + 1] * h]
        pen.strokeStyle = hand.slot ? "#fbbf24" : "#22d3ee"
        pen.globalAlpha = hand.seen ? 1 : 0.45
        pen.beginPath()
        for (const [from, to] of BONES) {
          pen.moveTo(...point(from))
          pen.lineTo(...point(to))
        }
        pen.stroke()
      }
    }
  }

  draw() {
    const { duration_s: duration } = this.data ?? {}
    if (!duration) return
    const { now } = this.footage
    this.drawHands(now)
    if (this.loop && !this.video.paused && (now >= this.loop.end_s || now < this.loop.start_s - 0.5)) {
      this.footage.seek(this.loop.start_s + INTO_FRAME_S)
    }
    this.head.style.left = `${Math.min(100, Math.max(0, this.place(now)))}%`
    this.track.setAttribute("aria-valuetext", clock(now))
    this.time.textContent = `${clock(now)} / ${clock(duration)}`
    this.playButton.textContent = this.video.paused ? "Play" : "Pause"
    this.inButton.textContent = this.inS === null ? "Mark in" : `In ${clock(this.inS)}`
    this.outButton.textContent = this.outS === null ? "Mark out" : `Out ${clock(this.outS)}`
    const from = this.inS ?? this.outS
    const to = this.outS ?? this.inS
    this.marks.hidden = from === null
    if (from !== null) {
      this.marks.style.left = `${this.place(Math.min(from, to))}%`
      this.marks.style.width = `${(100 * Math.abs(to - from)) / (this.to - this.from)}%`
    }
  }

  end() {
    cancelAnimationFrame(this.frame)
    document.removeEventListener("keydown", this.onKey)
    this.video.removeAttribute("src")
    this.video.load()
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".marker")
  let marker = states.get(root)
  if (!marker) {
    marker = new Marker(root)
    states.set(root, marker)
  }
  marker.update(data, setTriggerValue)
  return () => {
    marker.end()
    states.delete(root)
  }
}
