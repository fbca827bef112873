import { createHash } from 'node:crypto'
import type { ItemMetadata, PointFile, PointItem, SnapshotEnd, SnapshotStream } from '@coffre/connector'
import { CoffreError, type Context, interruption, throwIfAborted } from '@coffre/foundation'
import { formatMember } from '../config.ts'
import type { Access } from '../connection/connect.ts'
import { hasState } from '../connection/server-error.ts'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import type { DumpedServer } from './choose-member.ts'
import { DumpSession } from './dump-session.ts'
import type { ListedDatabase } from './list-databases.ts'
import {
  type Digest,
  type DumpedDatabase,
  dumpPath,
  dumpsFolder,
  globalsFile,
  type LogicalDetails,
  logicalLayout,
} from './logical-details.ts'
import { databaseArgument, type ProgramCall, programOutput } from './program-output.ts'
import { serverLogin } from './server-login.ts'

/** What is dumped, from where, and by which programs. */
export interface DumpPlan {
  readonly access: Access
  readonly server: DumpedServer
  readonly programs: ClientPrograms
  readonly databases: readonly ListedDatabase[]
}

/** What was read of a program's output so far. */
interface Reading {
  readonly content: AsyncIterable<Uint8Array>
  sizeBytes: number
  /** Once the program has ended well. */
  sha256?: string
}

/**
 * The dumps of a server's databases, one after the other, each of one instant of its own, and then its roles and tablespaces. They go
 * from the programs' output straight to the reader.
 */
export class LogicalSnapshot implements SnapshotStream, AsyncDisposable {
  readonly begin = undefined
  readonly expectedBytes: number
  readonly items: AsyncIterable<PointItem>
  readonly #plan: DumpPlan
  readonly #context: Context
  readonly #signal: AbortSignal
  readonly #dumped: DumpedDatabase[] = []
  readonly #skipped: { readonly path: string; readonly reason: string }[] = []
  #state: 'open' | 'read' | 'left' = 'open'
  #globals: Digest | undefined
  #session: DumpSession | undefined
  #programEnded: Promise<void> | undefined

  constructor(plan: DumpPlan, context: Context, signal: AbortSignal) {
    this.#plan = plan
    this.#context = context
    this.#signal = signal
    this.expectedBytes = plan.databases.reduce((sum, { expectedBytes }) => sum + expectedBytes, 0)
    this.items = this.#readItems()
  }

  /** Whether it may still be read. */
  get isOpen(): boolean {
    return this.#state === 'open' && !this.#signal.aborted
  }

  async finish(): Promise<SnapshotEnd> {
    throwIfAborted(this.#signal)
    if (this.#state !== 'read' || this.#globals === undefined) throw new CoffreError('source.failed', 'the dumps were given up')
    const { server, programs } = this.#plan
    const details: LogicalDetails = {
      mode: 'logical',
      major: server.major,
      dumpMajor: programs.major,
      takenFrom: { server: formatMember(server.member), isStandby: server.isStandby },
      hasRolePasswords: server.readsPasswords,
      globals: this.#globals,
      databases: this.#dumped,
    }
    const sum = (count: (one: DumpedDatabase) => number): number => this.#dumped.reduce((total, one) => total + count(one), 0)
    const manifest = {
      engine: 'postgresql',
      engineVersion: server.version,
      layout: logicalLayout,
      // Whatever was committed before is in every one of the dumps.
      consistentAt: this.#dumped[0]?.at ?? new Date(this.#context.clock.nowMs()).toISOString(),
      counts: { databases: this.#dumped.length, tables: sum(({ tables }) => tables), bytes: sum(({ sizeBytes }) => sizeBytes) },
      details: { ...details },
    }
    return { manifest, skipped: this.#skipped, findings: [] }
  }

  /** Nothing is held on the server any more. A program that runs has to have been told to end, by the signal. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'open') this.#state = 'left'
    await this.#programEnded?.catch(() => undefined)
    await this.#session?.[Symbol.asyncDispose]()
  }

  async *#readItems(): AsyncGenerator<PointItem> {
    try {
      yield* this.#dumps()
      yield* this.#dumpGlobals()
      throwIfAborted(this.#signal)
      this.#state = 'read'
    } catch (error) {
      throw this.#signal.aborted ? interruption(this.#signal) : error
    } finally {
      await this[Symbol.asyncDispose]()
    }
  }

  async *#dumps(): AsyncGenerator<PointItem> {
    yield { kind: 'folder', path: dumpsFolder, metadata: { mode: 0o700, modifiedMs: this.#context.clock.nowMs() } }
    for (const { name, expectedBytes } of this.#plan.databases) {
      const path = dumpPath(name)
      this.#session = await this.#enter(name, path)
      if (this.#session === undefined) continue
      const { snapshot, database } = this.#session
      const args = ['--format=custom', '--compress=0', '--no-sync', '--quote-all-identifiers', `--snapshot=${snapshot}`]
      const reading = this.#read('pg_dump', [...args, databaseArgument(name)])
      yield { ...this.#file(path, reading), expectedBytes }
      this.#dumped.push({ ...database, file: path, ...whole(path, reading) })
      await this.#session[Symbol.asyncDispose]()
    }
  }

  /** Undefined where we cannot get in, and nobody said that we can: then the point lacks that database, and says so. */
  async #enter(name: string, path: string): Promise<DumpSession | undefined> {
    const { access, server } = this.#plan
    try {
      return await DumpSession.begin(access, server.member, name, this.#signal)
    } catch (error) {
      const isLeftOut = hasState(error, '42501', '28000', '28P01', '3D000') && access.config.databases === undefined
      if (!isLeftOut) throw error
      this.#skipped.push({ path, reason: `${name} lets nobody in: ${error.message}` })
      return undefined
    }
  }

  async *#dumpGlobals(): AsyncGenerator<PointItem> {
    const { access, server } = this.#plan
    const withoutPasswords = server.readsPasswords ? [] : ['--no-role-passwords']
    const database = databaseArgument(access.config.database).replace('--dbname=', '--database=')
    const reading = this.#read('pg_dumpall', ['--globals-only', '--quote-all-identifiers', ...withoutPasswords, database])
    yield this.#file(globalsFile, reading)
    this.#globals = whole(globalsFile, reading)
  }

  #file(path: string, { content }: Reading): PointFile {
    const metadata: ItemMetadata = { mode: 0o600, modifiedMs: this.#context.clock.nowMs() }
    return { kind: 'file', path, metadata, cut: 'content', content }
  }

  #read(program: string, args: readonly string[]): Reading {
    const { access, server, programs } = this.#plan
    const login = serverLogin(access, server.member)
    const call: ProgramCall = { folder: programs.folder, program, args: ['--no-password', ...args], login }
    const output = programOutput(call, this.#signal, (ended) => {
      this.#programEnded = ended
    })
    const reading: Reading = { content: counted(output, () => reading), sizeBytes: 0 }
    return reading
  }
}

async function* counted(output: AsyncIterable<Uint8Array>, counts: () => Reading): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of output) {
    hash.update(chunk)
    counts().sizeBytes += chunk.length
    yield chunk
  }
  counts().sha256 = hash.digest('hex')
}

/** Whoever asks for the next item before a dump was read to its end would make a point of half of it. */
function whole(path: string, { sizeBytes, sha256 }: Reading): Digest {
  if (sha256 === undefined) throw new CoffreError('source.failed', `${path} was not read to its end`)
  return { sizeBytes, sha256 }
}
