import type { Branch, Position } from '@coffre/connector'
import { type Clock, CoffreError } from '@coffre/foundation'
import { ScriptedFaults } from './scripted-faults.ts'
import { type LogPiece, type ScriptedChange, type ScriptedFiles, ScriptedLog } from './scripted-log.ts'

export interface ScriptedEngineOptions {
  /** What a configuration calls it. */
  readonly name?: string
  readonly password?: string
  /** The source's own clock. */
  readonly clock: Clock
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** False for an engine that keeps no log. */
  readonly keepsLog?: boolean
  readonly logPieceBytes?: number
}

const defaultLogPieceBytes = 512

/** The reason of a connection that was not cut but closed. */
export const closedByOwner = new CoffreError('interrupted', 'the source was disposed of')

/**
 * A whole little engine in memory, the server that a `ScriptedConnector` talks to. Its data are files; each change of them is
 * numbered and logged, so that the state at any position can be computed without any connector. A test moves it: changes, failovers,
 * recycling of the log, cuts, and faults by name.
 */
export class ScriptedEngine {
  readonly name: string
  readonly password: string
  readonly clock: Clock
  readonly keepsLog: boolean
  readonly faults = new ScriptedFaults(() => this.cut())
  /** Files that a snapshot cannot read, and files that it reads and finds damaged. */
  readonly unreadable = new Set<string>()
  readonly damaged = new Set<string>()
  /** It answers nobody. */
  isDown = false
  /** What it holds for others at the moment: nothing, once all sources are disposed of. */
  readonly held = { connections: 0, snapshots: 0, captures: 0 }
  readonly #log: ScriptedLog
  readonly #logPieceBytes: number
  readonly #connections = new Set<AbortController>()
  readonly #waiting = new Set<() => void>()
  #files: Map<string, Uint8Array>
  #lastChange = 0
  #acknowledged: Position | undefined

  constructor(options: ScriptedEngineOptions) {
    this.name = options.name ?? 'scripted'
    this.password = options.password ?? 'scripted password'
    this.clock = options.clock
    this.keepsLog = options.keepsLog ?? true
    this.#logPieceBytes = options.logPieceBytes ?? defaultLogPieceBytes
    this.#files = new Map(Object.entries(options.files ?? {}).map(([path, content]) => [path, Buffer.from(content)]))
    this.#log = new ScriptedLog(this.#files)
  }

  get files(): ScriptedFiles {
    return this.#files
  }

  get head(): Position {
    return this.#log.head
  }

  get branches(): readonly Branch[] {
    return this.#log.branches
  }

  get acknowledged(): Position | undefined {
    return this.#acknowledged
  }

  /** Changes a file, or removes it without `content`. The position just after the change. */
  change(path: string, content?: string | Uint8Array): Position {
    this.#lastChange++
    const bytes = content === undefined ? undefined : Buffer.from(content)
    if (bytes === undefined) this.#files.delete(path)
    else this.#files.set(path, bytes)
    const base64 = bytes?.toString('base64') ?? null
    const position = this.#log.append({ number: this.#lastChange, atMs: this.clock.nowMs(), path, content: base64 })
    this.#wake()
    return position
  }

  /** So many changes of files in turn, each with its number in it. */
  changeSome(count: number): Position {
    for (let done = 0; done < count; done++) {
      const number = this.#lastChange + 1
      this.change(`numbered/${number % 7}`, `change ${number}\n`.repeat(1 + (number % 5)))
    }
    return this.head
  }

  /** The data as it stood at a position, computed from the numbered changes. */
  stateAt(position: Position): Map<string, Uint8Array> {
    return this.#log.stateAt(position)
  }

  /** The changes on the way to a position, from the first one on. */
  changesThrough(position: Position): readonly ScriptedChange[] {
    return this.#log.changesThrough(position)
  }

  /** Another server takes over, without the last changes, and cuts all connections: a branch begins. */
  failOver(lostChanges = 0): Branch {
    const branch = this.#log.fork(lostChanges)
    this.#files = this.#log.stateAt(this.head)
    this.cut()
    return branch
  }

  /** Discards its log: through what was acknowledged, as it may at any time, or further, as an engine short of space does. */
  recycle(through: Position | undefined = this.#acknowledged): void {
    if (through !== undefined) this.#log.recycle(through)
  }

  /** Breaks every connection. New ones can be made at once unless `isDown`. */
  cut(): void {
    for (const connection of this.#connections) connection.abort(unreachable(this.name, 'the connection was cut'))
  }

  /** For the connector: a connection, aborted when it breaks. `source.unreachable` or `source.credentials`. */
  connect(password: string): AbortController {
    if (this.isDown) throw unreachable(this.name, 'nobody answers')
    if (password !== this.password) {
      throw new CoffreError('source.credentials', `the scripted engine ${this.name} refuses the password`, {
        hint: 'Give the password that the engine was made with.',
      })
    }
    const connection = new AbortController()
    this.#connections.add(connection)
    this.held.connections++
    return connection
  }

  /** For the connector: ends a connection as its owner, with what goes on over it. */
  disconnect(connection: AbortController): void {
    connection.abort(closedByOwner)
    if (this.#connections.delete(connection)) this.held.connections--
  }

  /** For the connector: what follows a position; `source.position-lost` when it is not there any more. */
  readLog(after: Position): LogPiece | undefined {
    if (!this.#log.has(after)) {
      throw new CoffreError('source.position-lost', `the log after ${after.branch}@${after.offset} is gone`, {
        hint: 'Take a new base snapshot.',
      })
    }
    return this.#log.read(after, this.#logPieceBytes)
  }

  /** For the connector: remembers the position unless a later one was acknowledged. */
  acknowledge(position: Position): void {
    if (this.#acknowledged === undefined || this.#isLater(position, this.#acknowledged)) this.#acknowledged = position
  }

  /** Replaces all data, as a restore into the engine does. */
  load(files: ScriptedFiles): void {
    for (const path of this.#files.keys()) if (!files.has(path)) this.change(path)
    for (const [path, content] of files) this.change(path, content)
  }

  /** Resolves at the next change or when it is cancelled. */
  nextChange(): { readonly promise: Promise<void>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    return {
      promise,
      cancel: () => {
        this.#waiting.delete(resolve)
        resolve()
      },
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #isLater(a: Position, b: Position): boolean {
    const order = this.branches.map(({ id }) => id)
    const [first, second] = [order.indexOf(a.branch), order.indexOf(b.branch)]
    return first === second ? a.offset > b.offset : first > second
  }
}

function unreachable(name: string, why: string): CoffreError {
  return new CoffreError('source.unreachable', `the scripted engine ${name} cannot be reached: ${why}`)
}
