import { isCoffreError } from '@coffre/foundation'
import type { Repository, RepositoryContext } from '@coffre/repository'
import { RetryBackend } from '@coffre/storage'
import { SeededRandom } from '@coffre/testkit'
import * as actors from './actors.ts'
import type { BaseVault } from './base-vault.ts'
import { Catalogue, type Session } from './catalogue.ts'
import { seedNonces } from './seeded-nonces.ts'
import { RemoteBackend, SharedStore, type Weather } from './shared-store.ts'
import { type Lack, VaultTruth } from './vault-truth.ts'
import { type Actor, World } from './world.ts'

/** Thrown with everything that is needed to see it again. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError'

  constructor(seed: number, problem: string, world: World, options?: ErrorOptions) {
    super(
      `history ${seed}: ${problem}\n${world.log.slice(-400).join('\n')}\nAgain: npm run test:model -- --history ${seed}`,
      options,
    )
  }
}

interface Player {
  readonly actor: Actor
  readonly work: actors.Work
  readonly repository: Repository
  readonly session: Session | undefined
  readonly startMs: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const epochMs = Date.UTC(2026, 0, 1)
/** Errors that say that the work could not be done here and now, and that nothing is promised about. */
const excusable = ['repository.locked', 'repository.lease-lost', 'interrupted', 'storage.unavailable', 'storage.truncated'] as const

/** Who plays in which kind of history. The server's prune goes in three steps, a day apart at the end. */
const casts: Readonly<
  Record<string, readonly (readonly [work: actors.Work, isLeased: boolean, startMs: number, spreadMs: number])[]>
> = {
  exclusive: [
    [actors.coffreBackup, false, 0, minuteMs],
    [actors.resticBackup, false, 0, minuteMs],
    [actors.forget, false, 0, minuteMs],
    [actors.coffrePrune, false, 0, 2 * minuteMs],
    [actors.coffreBackup, false, 0, 2 * minuteMs],
    [actors.workerBackups, false, 0, minuteMs],
    [actors.read, false, 0, 2 * minuteMs],
  ],
  hasty: [
    [actors.coffreBackup, false, 0, 1000],
    [actors.workerBackups, false, 0, 1000],
    [actors.resticPrune, false, 0, 1000],
    [actors.coffreBackup, false, 0, 1000],
    [actors.coffrePrune, false, 500, 1000],
    [actors.resticBackup, false, 0, 1000],
    [actors.forget, false, 500, 2000],
  ],
  phased: [
    [actors.forget, false, 0, 1000],
    [actors.leasedBackup, true, 0, 3 * minuteMs],
    [actors.mark, true, 0, 3 * minuteMs],
    [actors.resticBackup, false, 0, 6 * minuteMs],
    [actors.leasedBackup, true, 2 * minuteMs, 4 * minuteMs],
    [actors.workerBackups, false, 2 * minuteMs, 4 * minuteMs],
    [actors.swap, true, 4 * minuteMs, 6 * minuteMs],
    [actors.read, false, 4 * minuteMs, 6 * minuteMs],
    [actors.sweep, true, 24 * hourMs + 4 * minuteMs, hourMs],
    [actors.leasedBackup, true, 24 * hourMs + 4 * minuteMs, hourMs],
    [actors.coffreBackup, false, 24 * hourMs + 4 * minuteMs, hourMs],
  ],
}

export const kindsOfHistory = Object.keys(casts)

export interface HistoryOutcome {
  readonly finished: number
  readonly commits: number
  readonly removedPacks: number
  readonly killed: number
  readonly paused: number
  /** Moments at which a snapshot's blob was stored and in no index. */
  readonly unindexed: number
}

/** One history: many actors on one store, told by the seed alone. Throws a HistoryError when a snapshot lacks anything at any moment. */
export class History {
  readonly #base: BaseVault
  readonly #seed: number
  readonly #world: World
  readonly #truth: VaultTruth
  readonly #store: SharedStore
  readonly #catalogue: Catalogue
  readonly #players: Player[] = []
  #problem: string | undefined
  #cause: unknown
  #over = 0
  #outcome = { finished: 0, commits: 0, removedPacks: 0, killed: 0, paused: 0, unindexed: 0 }

  constructor(base: BaseVault, seed: number) {
    seedNonces(seed)
    this.#base = base
    this.#seed = seed
    this.#world = new World(seed)
    this.#truth = new VaultTruth(base.fixture.repository)
    for (const [path, bytes] of base.files) this.#truth.saved(path, bytes)
    this.#store = new SharedStore(base.files, {
      saved: (path, bytes, by) => this.#saved(path, bytes, by),
      removed: (path, by) => this.#removed(path, by),
    })
    this.#catalogue = new Catalogue(this.#world)
  }

  get log(): readonly string[] {
    return this.#world.log
  }

  async run(): Promise<HistoryOutcome> {
    const kind = kindsOfHistory[this.#seed % kindsOfHistory.length] ?? 'exclusive'
    for (const [number, [work, isLeased, startMs, spreadMs]] of (casts[kind] ?? []).entries()) {
      this.#enter(`${work.name}-${number}`, work, isLeased, startMs + this.#world.random.integer(spreadMs))
    }
    this.#strikeDown()
    await this.#world.run(() => this.#problem !== undefined || this.#over === this.#players.length)
    this.#judge('at the end')
    this.#world.end()
    if (this.#problem !== undefined) throw new HistoryError(this.#seed, this.#problem, this.#world, { cause: this.#cause })
    return this.#outcome
  }

  #enter(name: string, work: actors.Work, isLeased: boolean, startMs: number): void {
    const { random } = this.#world
    const skewMs = random.integer(3) === 0 ? 0 : (random.integer(81) - 40) * minuteMs
    const actor: Actor = { name, skewMs, pausedUntilMs: 0, isKilled: false }
    const clock = this.#world.clockOf(actor)
    const ownRandom = new SeededRandom(random.integer(2 ** 30))
    const identity = {
      ...this.#base.fixture.context.identity,
      hostname: `${name}-host`,
      instance: name,
      processId: 100 + this.#players.length,
      isProcessAlive: () => true,
    }
    const context: Partial<RepositoryContext> = { clock, random: ownRandom, identity }
    this.#world.after(startMs, actor, () => {
      const session = isLeased ? this.#catalogue.begin(actor) : undefined
      const remote = new RemoteBackend(this.#world, this.#store, actor, weatherOf(random))
      const all = { ...context, ...(session === undefined ? {} : { lease: session }) }
      const backend = new RetryBackend(remote, { clock, random: ownRandom })
      const repository = this.#base.open(backend, all)
      this.#play({ actor, work, repository, session, startMs }, ownRandom)
    })
    this.#players.push({ actor, work, repository: this.#base.fixture.repository, session: undefined, startMs })
  }

  #play(player: Player, random: SeededRandom): void {
    const { actor, work, repository, session } = player
    this.#world.say(actor.name, `begins, clock ${Math.round(actor.skewMs / minuteMs)} min off`)
    const role: actors.Role = {
      actor,
      repository,
      draw: (below) => random.integer(below),
      backupOptions: (packBytes) => ({ ...this.#base.fixture.backupOptions(), packBytes }),
      catalogue: this.#catalogue,
      epochMs,
      signal: new AbortController().signal,
      session,
    }
    work(role)
      .then(
        () => {
          this.#world.say(actor.name, 'is done')
          this.#outcome.finished++
        },
        (error: unknown) => {
          this.#world.say(actor.name, `ends with ${error instanceof Error ? error.message : String(error)}`)
          if (isCoffreError(error, ...excusable)) return
          this.#fail(`${actor.name} ended with ${error instanceof Error ? error.message : String(error)}`, error)
        },
      )
      .finally(() => {
        session?.end()
        this.#over++
      })
  }

  /**
   * Some die, some are suspended for longer than their locks and leases hold; an operator tidies up after them, an hour later. Stock
   * restic is not suspended beyond its lock: it would commit what it has in hand when it wakes, before it looks at the clock, and
   * after an exclusive prune nothing but restic itself could hinder that.
   */
  #strikeDown(): void {
    const { random } = this.#world
    if (random.integer(2) === 0) return
    for (const { actor, work, startMs } of this.#players) {
      const isStock = work === actors.resticBackup || work === actors.resticPrune
      const fate = random.integer(8)
      if (fate > 1) continue
      this.#world.after(startMs + random.integer(4000), undefined, () => {
        if (fate === 0) this.#kill(actor)
        else this.#pause(actor, (isStock ? random.integer(20) : 23 + random.integer(50)) * minuteMs)
      })
    }
  }

  #kill(actor: Actor): void {
    actor.isKilled = true
    this.#over++
    this.#outcome.killed++
    this.#world.say(actor.name, 'is killed')
    this.#tidyAfter(actor)
  }

  #pause(actor: Actor, forMs: number): void {
    actor.pausedUntilMs = this.#world.nowMs + forMs
    this.#outcome.paused++
    this.#world.say(actor.name, `is suspended for ${Math.round(forMs / minuteMs)} minutes`)
    this.#tidyAfter(actor)
  }

  /** Who has not refreshed its locks for 30 minutes counts as dead; for a session of the server, once its lease is long over. */
  #tidyAfter(actor: Actor): void {
    const locks = (): string[] =>
      [...this.#store.files().keys()].filter((path) => path.startsWith('locks/') && this.#owners.get(path) === actor)
    this.#world.after(30 * minuteMs + this.#world.random.integer(30 * minuteMs), undefined, () => {
      if (!actor.isKilled && actor.pausedUntilMs <= this.#world.nowMs) return
      if (!this.#catalogue.isLongOver(actor)) {
        this.#tidyAfter(actor)
        return
      }
      for (const path of locks()) {
        this.#world.say('operator', `unlocks after ${actor.name}`)
        this.#store.remove(path, actor)
      }
    })
  }

  readonly #owners = new Map<string, Actor>()

  #saved(path: string, bytes: Uint8Array, by: Actor): void {
    this.#owners.set(path, by)
    this.#truth.saved(path, bytes)
    if (!path.startsWith('snapshots/')) return
    this.#outcome.commits++
    this.#judge(`when ${by.name} saved ${path.slice(0, 18)}`)
  }

  #removed(path: string, by: Actor): void {
    this.#truth.removed(path)
    if (path.startsWith('data/')) this.#outcome.removedPacks++
    if (path.startsWith('data/') || path.startsWith('index/')) this.#judge(`when ${by.name} removed ${path.slice(0, 18)}`)
  }

  #judge(when: string): void {
    const lacks = this.#truth.lacks()
    this.#outcome.unindexed += lacks.filter(({ kind }) => kind === 'unindexed').length
    const [worst] = lacks
    if (worst !== undefined)
      this.#fail(
        `snapshot ${worst.snapshot.slice(0, 8)} lacks blob ${worst.blob.slice(0, 9)}, ${worst.kind}, ${when}`,
        describe(lacks),
      )
  }

  #fail(problem: string, cause: unknown): void {
    this.#problem ??= problem
    this.#cause ??= cause
  }
}

function describe(lacks: readonly Lack[]): string {
  return lacks.map(({ snapshot, blob, kind }) => `${snapshot.slice(0, 8)} ${kind} ${blob.slice(0, 9)}`).join(', ')
}

/** Each actor has a network of its own: most a good one, some a bad one. */
function weatherOf(random: SeededRandom): Weather {
  const usualMs = [5, 30, 300][random.integer(3)] ?? 30
  if (random.integer(3) > 0) return { usualMs, slowOneIn: 40, stuckOneIn: 0, lostOneIn: 0, refusedOneIn: 0, repeatedOneIn: 10 }
  return { usualMs, slowOneIn: 10, stuckOneIn: 100, lostOneIn: 30, refusedOneIn: 30, repeatedOneIn: 4 }
}
