import type { Finding, ItemMetadata, PointFile, PointItem, PointManifest, SnapshotEnd, SnapshotStream } from '@coffre/connector'
import { type ByteString, CoffreError, type Context, interruption } from '@coffre/foundation'
import type { MemberState } from '../cluster.ts'
import { formatMember } from '../config.ts'
import type { Access } from '../connection/connect.ts'
import { ReplicationConnection } from '../connection/replication-connection.ts'
import type { ServerReport } from '../connection/server-error.ts'
import { parseLsn, walPosition } from '../wal/lsn.ts'
import { recordBoundary } from '../wal/record-boundary.ts'
import { type ArrivingArchive, BackupCommand } from './backup-command.ts'
import { BaseWatch } from './base-watch.ts'
import { type ClusterDescription, describeCluster } from './describe-cluster.ts'
import { TarReader } from './tar-reader.ts'

/** Version of what a base looks like in a point. */
const layout = 1
const tablespacesFolder = 'pg_tblspc'
/** So many bad pages are named; the server itself names no more than five of a file. */
const badPagesMax = 1000
const folderMode = 0o700

/**
 * A base backup as items: a data directory that PostgreSQL starts from as it is, the log from start to stop in its `pg_wal`, the server's
 * manifest as `backup_manifest`. Tablespaces lie in place, as folders in `pg_tblspc`, so that the point needs no links; PostgreSQL
 * starts from that with `allow_in_place_tablespaces`.
 */
export class BaseSnapshot implements SnapshotStream, AsyncDisposable {
  readonly begin
  readonly expectedBytes: number
  readonly items: AsyncIterable<PointItem>
  readonly #connection: ReplicationConnection
  readonly #watch: BaseWatch
  readonly #command: BackupCommand
  readonly #state: MemberState
  readonly #access: Access
  readonly #signal: AbortSignal
  readonly #badPages: ServerReport[]
  readonly #folders = new Set<ByteString>()
  #isEnded = false
  #files = 0
  #bytes = 0

  private constructor(
    connection: ReplicationConnection,
    watch: BaseWatch,
    command: BackupCommand,
    state: MemberState,
    access: Access,
    signal: AbortSignal,
    badPages: ServerReport[],
  ) {
    this.#connection = connection
    this.#watch = watch
    this.#command = command
    this.#state = state
    this.#access = access
    this.#signal = signal
    this.#badPages = badPages
    this.begin = walPosition(command.start.timeline, recordBoundary(parseLsn(command.start.lsn), state.segmentBytes))
    this.expectedBytes = command.start.expectedBytes
    this.items = this.#readItems()
  }

  /** Resolves once the server has made its checkpoint; from then on a slot of its own keeps what the base needs of the log. */
  static async begin(access: Access, state: MemberState, context: Context, signal: AbortSignal): Promise<BaseSnapshot> {
    const badPages: ServerReport[] = []
    const onNotice = (report: ServerReport): void => {
      if (report.message.startsWith('checksum verification failed') && badPages.length < badPagesMax) badPages.push(report)
    }
    const connection = await ReplicationConnection.open(access, state.member, signal, onNotice)
    // It goes away with the connection, whatever becomes of us.
    const slot = `coffre_base_${Buffer.from(context.random.bytes(6)).toString('hex')}`
    const watch = new BaseWatch(access, connection, slot, context.clock)
    try {
      await connection.query(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY PHYSICAL RESERVE_WAL`)
      const { checkpoint, rateLimitBytes } = access.config
      const command = await BackupCommand.begin(connection, {
        label: 'coffre',
        checkpoint,
        ...(rateLimitBytes === undefined ? {} : { rateLimitBytes }),
      })
      return new BaseSnapshot(connection, watch, command, state, access, signal, badPages)
    } catch (error) {
      await watch[Symbol.asyncDispose]()
      await connection[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Whether its connection, and with it the slot, is still held. */
  get isOpen(): boolean {
    return !this.#isEnded
  }

  async finish(): Promise<SnapshotEnd> {
    if (this.#isEnded) throw new CoffreError('source.failed', 'the base backup was given up')
    const end = await this.#command.end().catch((error: unknown) => {
      throw this.#signal.aborted ? interruption(this.#signal) : error
    })
    await this[Symbol.asyncDispose]()
    const cluster = await describeCluster(this.#access, this.#state.member, this.#signal)
    return { manifest: this.#manifest(end, cluster), skipped: [], findings: this.#findings(end.hasBadPages) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnded = true
    await this.#watch[Symbol.asyncDispose]()
    await this.#connection[Symbol.asyncDispose]()
  }

  #manifest(end: { readonly lsn: string; readonly timeline: number }, cluster: ClusterDescription): PointManifest {
    const { start } = this.#command
    const { systemId, segmentBytes, hasChecksums, major, isStandby, member } = this.#state
    const { takenAt, owner, outside, databases, names, extensions } = cluster
    return {
      engine: 'postgresql',
      engineVersion: this.#state.version,
      layout,
      begin: this.begin,
      end: walPosition(end.timeline, parseLsn(end.lsn)),
      consistentAt: takenAt,
      counts: { files: this.#files, bytes: this.#bytes, databases: databases.length, tablespaces: start.tablespaces.length },
      details: {
        major,
        systemId,
        segmentBytes,
        hasChecksums,
        startLsn: start.lsn,
        stopLsn: end.lsn,
        tablespaces: start.tablespaces,
        takenFrom: { server: formatMember(member), isStandby },
        databases,
        names,
        extensions,
        outside,
        owner,
      },
    }
  }

  #findings(hasBadPages: boolean): readonly Finding[] {
    if (!hasBadPages) return []
    const code = 'postgresql.bad-page'
    const remedy = 'Restore the table from an older point, or look with pg_amcheck and mend it on the server.'
    const named = this.#badPages.map(({ message }): Finding => ({ severity: 'error', code, message, remedy }))
    if (named.length > 0) return named
    return [
      { severity: 'error', code, message: 'the server found pages that do not fit their checksum, and did not name them', remedy },
    ]
  }

  async *#readItems(): AsyncGenerator<PointItem> {
    let isWhole = false
    try {
      yield* this.#readArchives()
      isWhole = true
    } catch (error) {
      throw this.#signal.aborted ? interruption(this.#signal) : error
    } finally {
      if (!isWhole) await this[Symbol.asyncDispose]()
    }
  }

  async *#readArchives(): AsyncGenerator<PointItem> {
    for (let archive = await this.#command.next(); archive !== undefined; archive = await this.#command.next()) {
      if (archive.kind === 'manifest') yield this.#file(archive.name, { mode: 0o600, modifiedMs: 0 }, undefined, partsOf(archive))
      else yield* this.#readArchive(archive)
    }
  }

  async *#readArchive(archive: ArrivingArchive): AsyncGenerator<PointItem> {
    const { name } = archive
    const prefix = name === 'base.tar' ? '' : `${tablespacesFolder}/${name.replace(/\.tar$/, '')}`
    const tar = new TarReader(() => archive.next())
    if (prefix !== '') {
      for (const path of [tablespacesFolder, prefix]) yield* this.#folder(path, { mode: folderMode, modifiedMs: 0 })
    }
    for (let entry = await tar.next(); entry !== undefined; entry = await tar.next()) {
      const { kind, mode, modifiedMs, sizeBytes } = entry
      const path = prefix === '' ? entry.path.replace(/^\.\//, '') : `${prefix}/${entry.path}`
      if (path === '' || path === '.') continue
      if (kind === 'folder') yield* this.#folder(path, { mode, modifiedMs })
      else if (kind === 'file') yield this.#file(path, { mode, modifiedMs }, sizeBytes, tar.content())
    }
    // What follows the last entry, if anything does.
    for (let rest = await archive.next(); rest !== undefined; rest = await archive.next());
  }

  *#folder(path: ByteString, metadata: ItemMetadata): Generator<PointItem> {
    if (this.#folders.has(path)) return
    this.#folders.add(path)
    yield { kind: 'folder', path, metadata }
  }

  #file(
    path: ByteString,
    metadata: ItemMetadata,
    expectedBytes: number | undefined,
    content: AsyncIterable<Uint8Array>,
  ): PointFile {
    this.#files++
    const file = { kind: 'file', path, metadata, cut: 'fixed', content: this.#counted(content) } as const
    return expectedBytes === undefined ? file : { ...file, expectedBytes }
  }

  async *#counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of content) {
        this.#bytes += part.length
        yield part
      }
    } catch (error) {
      throw this.#signal.aborted ? interruption(this.#signal) : error
    }
  }
}

async function* partsOf(archive: ArrivingArchive): AsyncGenerator<Uint8Array> {
  for (let part = await archive.next(); part !== undefined; part = await archive.next()) yield part
}
