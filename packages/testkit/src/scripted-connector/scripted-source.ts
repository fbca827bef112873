import { createHash } from 'node:crypto'
import type { PointFile, PointItem, Position, SnapshotEnd, SnapshotStream, Source } from '@coffre/connector'
import { CoffreError, type Context, compareByteStrings, interruption, throwIfAborted } from '@coffre/foundation'
import { reusedChunks } from '../items.ts'
import { ScriptedSourceLog } from './scripted-capture.ts'
import type { ScriptedEngine } from './scripted-engine.ts'
import type { ScriptedFiles } from './scripted-log.ts'

const chunkBytes = 16_384

/** One connection to a scripted engine. */
export class ScriptedSource implements Source {
  readonly log?: ScriptedSourceLog
  readonly #engine: ScriptedEngine
  readonly #context: Context
  readonly #connection: AbortController
  #snapshot: ScriptedSnapshot | undefined

  constructor(engine: ScriptedEngine, context: Context, connection: AbortController) {
    this.#engine = engine
    this.#context = context
    this.#connection = connection
    if (engine.keepsLog) this.log = new ScriptedSourceLog(engine, context, connection.signal)
  }

  async snapshot(signal: AbortSignal): Promise<SnapshotStream> {
    const both = AbortSignal.any([signal, this.#connection.signal])
    await this.#engine.faults.meet('snapshot', this.#context.clock, both)
    if (this.#snapshot?.isOpen === true) throw new CoffreError('source.failed', 'a snapshot of this source is under way')
    this.#snapshot = new ScriptedSnapshot(this.#engine, this.#context, both)
    return this.#snapshot
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#engine.disconnect(this.#connection)
  }
}

/** The data as they stood when it began, whatever changes meanwhile. Over when it is finished, fails or is aborted. */
class ScriptedSnapshot implements SnapshotStream {
  readonly begin: Position | undefined
  readonly expectedBytes: number
  readonly items: AsyncIterable<PointItem>
  readonly #engine: ScriptedEngine
  readonly #context: Context
  readonly #signal: AbortSignal
  readonly #files: ScriptedFiles
  readonly #begunMs: number
  readonly #read = new Map<string, string>()
  readonly #skipped: { readonly path: string; readonly reason: string }[] = []
  readonly #onAbort = (): void => this.#close()
  #isComplete = false
  isOpen = true

  constructor(engine: ScriptedEngine, context: Context, signal: AbortSignal) {
    this.#engine = engine
    this.#context = context
    this.#signal = signal
    this.begin = engine.keepsLog ? engine.head : undefined
    this.#begunMs = engine.clock.nowMs()
    this.#files = new Map(engine.files)
    this.expectedBytes = [...this.#files.values()].reduce((sum, { length }) => sum + length, 0)
    this.items = this.#deliver()
    engine.held.snapshots++
    signal.addEventListener('abort', this.#onAbort)
  }

  async finish(): Promise<SnapshotEnd> {
    await this.#engine.faults.meet('finish', this.#context.clock, this.#signal)
    if (!this.#isComplete) throw new CoffreError('source.failed', 'the snapshot was finished before all of it was delivered')
    this.#close()
    const damaged = [...this.#read.keys()].filter((path) => this.#engine.damaged.has(path))
    return { manifest: this.#manifest(), skipped: this.#skipped, findings: damaged.map(damageFinding) }
  }

  async *#deliver(): AsyncGenerator<PointItem> {
    try {
      yield* this.#walk()
      this.#isComplete = true
    } finally {
      if (!this.#isComplete) this.#close()
    }
  }

  async *#walk(): AsyncGenerator<PointItem> {
    const seen = new Set<string>()
    const metadata = { modifiedMs: this.#begunMs }
    for (const path of [...this.#files.keys()].sort(compareWalk)) {
      for (const folder of foldersOf(path)) {
        if (seen.has(folder)) continue
        seen.add(folder)
        await this.#meet('item')
        yield { kind: 'folder', path: folder, metadata: { ...metadata, mode: 0o700 } }
      }
      await this.#meet('item')
      if (this.#engine.unreadable.has(path)) {
        this.#skipped.push({ path, reason: 'it cannot be read' })
        continue
      }
      yield this.#file(path, this.#files.get(path) ?? new Uint8Array(0))
    }
  }

  #file(path: string, content: Uint8Array): PointFile {
    return {
      kind: 'file',
      path,
      metadata: { mode: 0o600, modifiedMs: this.#begunMs },
      cut: 'content',
      expectedBytes: content.length,
      content: this.#content(path, content),
    }
  }

  async *#content(path: string, content: Uint8Array): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256')
    await this.#meet('content')
    for await (const chunk of reusedChunks(content, chunkBytes)) {
      hash.update(chunk)
      yield chunk
      await this.#meet('content')
    }
    this.#read.set(path, hash.digest('hex'))
  }

  #manifest(): SnapshotEnd['manifest'] {
    const counts: Record<string, number> = {}
    for (const path of this.#read.keys()) counts[partOf(path)] = (counts[partOf(path)] ?? 0) + 1
    const logged = this.begin === undefined ? {} : { begin: this.begin, end: this.begin, branches: this.#engine.branches }
    return {
      engine: 'scripted',
      engineVersion: '1.0',
      layout: 1,
      ...logged,
      consistentAt: new Date(this.#begunMs).toISOString(),
      counts,
      details: { checksums: Object.fromEntries(this.#read) },
    }
  }

  async #meet(step: 'item' | 'content'): Promise<void> {
    if (!this.isOpen)
      throw this.#signal.aborted ? interruption(this.#signal) : new CoffreError('source.failed', 'the snapshot is over')
    await this.#engine.faults.meet(step, this.#context.clock, this.#signal)
    throwIfAborted(this.#signal)
  }

  #close(): void {
    if (this.isOpen) this.#engine.held.snapshots--
    this.isOpen = false
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}

/** What can be restored alone: a folder at the top, or a file there. */
export function partOf(path: string): string {
  return path.split('/', 1)[0] ?? path
}

function foldersOf(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, count) => parts.slice(0, count + 1).join('/'))
}

/** The order of a walk: by segments. */
function compareWalk(a: string, b: string): number {
  const [first, second] = [a.split('/'), b.split('/')]
  for (const [at, segment] of first.entries()) {
    const order = compareByteStrings(segment, second[at] ?? '')
    if (order !== 0) return order
  }
  return first.length - second.length
}

function damageFinding(path: string) {
  return { severity: 'error', code: 'scripted.damaged', message: `the file ${path} has a bad checksum` } as const
}
