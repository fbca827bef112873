import { CoffreError } from '@coffre/foundation'
import { messages, type ReplicationConnection } from '../connection/replication-connection.ts'
import { hasState } from '../connection/server-error.ts'

/** Where a base begins or ends. */
export interface BackupPosition {
  /** As the server writes it: 0/16B3748. */
  readonly lsn: string
  readonly timeline: number
}

export interface Tablespace {
  readonly oid: string
  /** Where it lies on the server. */
  readonly location: string
}

export interface BackupStart extends BackupPosition {
  readonly tablespaces: readonly Tablespace[]
  /** What the server estimates that it will send. */
  readonly expectedBytes: number
}

export interface BackupOptions {
  readonly label: string
  readonly checkpoint: 'fast' | 'spread'
  readonly rateLimitBytes?: number
}

/** One archive as it arrives, or the manifest at last. */
export interface ArrivingArchive {
  readonly kind: 'archive' | 'manifest'
  /** `base.tar`, or the tablespace's oid with `.tar`. */
  readonly name: string
  /** The next part of it; undefined at its end. */
  next(): Promise<Buffer | undefined>
}

/**
 * BASE_BACKUP of PostgreSQL 15 and newer: one stream of archives, with the log from start to stop in it, and the manifest. It is read
 * in order: `start`, the archives each to its end, `end`. One stream cannot resume.
 */
export class BackupCommand {
  readonly start: BackupStart
  readonly #connection: ReplicationConnection
  /** The archive whose beginning was read while looking for the end of the one before. */
  #following: { readonly kind: 'archive' | 'manifest'; readonly name: string } | undefined
  #isCopied = false
  #isOpen = false

  private constructor(connection: ReplicationConnection, start: BackupStart) {
    this.#connection = connection
    this.start = start
  }

  /** Resolves once the server has made its checkpoint. */
  static async begin(connection: ReplicationConnection, options: BackupOptions): Promise<BackupCommand> {
    const { label, checkpoint, rateLimitBytes } = options
    const rate = rateLimitBytes === undefined ? '' : `, MAX_RATE ${rateLimitBytes / 1024}`
    const quoted = label.replaceAll("'", "''")
    // The log that it needs is in it: it must not wait for an archiver, which may be stuck for ever.
    connection.sendQuery(
      `BASE_BACKUP (LABEL '${quoted}', PROGRESS, CHECKPOINT '${checkpoint}', WAL, WAIT false, MANIFEST 'yes'${rate})`,
      // A checkpoint takes as long as it takes.
      { withinMs: 0 },
    )
    const position = readPosition(await connection.readRows())
    const tablespaces: Tablespace[] = []
    let kilobytes = 0
    for (const [oid, location, size] of await connection.readRows()) {
      if (oid != null && location != null) tablespaces.push({ oid, location })
      kilobytes += Number(size ?? 0)
    }
    await connection.expect(messages.copyOutResponse)
    await connection.reader.body()
    return new BackupCommand(connection, { ...position, tablespaces, expectedBytes: kilobytes * 1024 })
  }

  /** The next archive; undefined when all have come. */
  async next(): Promise<ArrivingArchive | undefined> {
    if (this.#isOpen) throw new Error('the archive before was not read to its end')
    if (this.#following === undefined && !this.#isCopied && (await this.#part()) !== undefined)
      throw new CoffreError('source.failed', 'PostgreSQL sent data before it named an archive')
    const following = this.#following
    if (following === undefined) return undefined
    this.#following = undefined
    this.#isOpen = true
    let isRead = false
    const next = async (): Promise<Buffer | undefined> => {
      const part = isRead ? undefined : await this.#part()
      isRead = part === undefined
      return part
    }
    return { ...following, next }
  }

  /**
   * Where it ended; call it when all archives have come. `hasBadPages` when the server found pages that do not fit their checksum,
   * which it says only now.
   */
  async end(): Promise<BackupPosition & { readonly hasBadPages: boolean }> {
    const position = readPosition(await this.#connection.readRows())
    try {
      await this.#connection.expect(messages.commandComplete)
      await this.#connection.reader.body()
      return { ...position, hasBadPages: false }
    } catch (error) {
      if (!hasState(error, 'XX001')) throw error
      return { ...position, hasBadPages: true }
    }
  }

  /** The next part of the archive that is open; undefined at its end, and then what follows is known. */
  async #part(): Promise<Buffer | undefined> {
    const { reader } = this.#connection
    for (;;) {
      const rest = await reader.part()
      if (rest !== undefined) return rest
      if (this.#isCopied || (await this.#connection.expect(messages.copyData, messages.copyDone)) === messages.copyDone) {
        this.#isCopied = true
        this.#isOpen = false
        return undefined
      }
      const kind = String.fromCharCode((await reader.part(1))?.[0] ?? 0)
      if (kind === 'd') continue
      const body = await reader.body()
      if (kind === 'p') continue
      this.#following = kind === 'm' ? { kind: 'manifest', name: 'backup_manifest' } : { kind: 'archive', name: nameIn(kind, body) }
      this.#isOpen = false
      return undefined
    }
  }
}

function nameIn(kind: string, body: Buffer): string {
  if (kind === 'n') return body.toString('utf8', 0, body.indexOf(0))
  throw new CoffreError('source.failed', `PostgreSQL sent a part of type ${kind} in a base backup, which is not known`)
}

function readPosition([row]: readonly (readonly (string | null)[])[]): BackupPosition {
  const [lsn, timeline] = row ?? []
  if (lsn == null || timeline == null) throw new CoffreError('source.failed', 'PostgreSQL did not say where the base backup stands')
  return { lsn, timeline: Number(timeline) }
}
