// @ts-check
/** @typedef {import("./pair_player.js").PairPlayer} PairPlayer */
/** @typedef {import("./pair_queue.js").Pair} Pair */

const LOAD_AFTER_MS = 30 // what comes next is loaded once the pair in view is drawn

/** Players on top of one another: the front one shows the pair in view, each of the others has loaded one to come. */
export class PairLayers {
  /** @param {PairPlayer[]} players at least as many as there will be pairs in the line */
  constructor(players) {
    this.players = players
    this.isShown = false
    this.loading = 0
  }

  get front() {
    return this.players[0]
  }

  /**
   * Bring the first pair of the line into view, and load those behind it a little later.
   * @param {Pair[]} line
   * @returns {boolean} whether that pair was not in view before
   */
  arrange(line) {
    /** @param {Pair} pair */
    const playerOf = (pair) => this.players.find((player) => player.pair?.pair_id === pair.pair_id)
    const free = this.players.filter((player) => !line.some((pair) => pair.pair_id === player.pair?.pair_id))
    /** @param {Pair} pair */
    const loaded = (pair) => {
      const player = /** @type {PairPlayer} */ (free.pop())
      player.load(pair)
      return player
    }
    const [current] = line
    const player = current ? (playerOf(current) ?? loaded(current)) : null
    const isNew = player !== null && (player !== this.front || !this.isShown)
    if (isNew || !player) {
      this.front.pause()
      this.front.hide()
    }
    if (player && isNew) this.bring(player)
    this.isShown = player !== null
    clearTimeout(this.loading)
    this.loading = window.setTimeout(() => {
      for (const unused of free) if (unused.pair) unused.unload()
      for (const pair of line) if (!playerOf(pair)) loaded(pair)
    }, LOAD_AFTER_MS)
    return isNew
  }

  /**
   * Show one pair, whatever was in view.
   * @param {Pair} pair
   */
  show(pair) {
    this.front.load(pair)
    this.bring(this.front)
  }

  /** @param {PairPlayer} player */
  bring(player) {
    this.players = [player, ...this.players.filter((other) => other !== player)]
    this.isShown = true
    player.show()
  }

  end() {
    clearTimeout(this.loading)
    this.players.forEach((player) => player.unload())
  }
}
