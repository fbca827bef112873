import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CoffreError } from '@coffre/foundation'
import { formatLsn, type Lsn } from '../wal/lsn.ts'
import { segmentStart, walFileName } from '../wal/wal-file-name.ts'
import type { EngineAccount } from './engine-account.ts'

export interface SegmentWriterOptions {
  /** `pg_wal` of a data folder. */
  readonly folder: string
  readonly segmentBytes: number
  /** Who reads the segments. */
  readonly account: EngineAccount | undefined
}

const partialName = 'coffre_segment'
const copyBytesMax = 1024 * 1024

/**
 * Writes log as whole segment files. A segment appears under its name when it is whole, so that whoever waits for it reads it at once. The
 * first one of a timeline begins with what its parent has of it, as PostgreSQL makes it.
 */
export class WalSegmentWriter implements AsyncDisposable {
  readonly #options: SegmentWriterOptions
  /** The segment under way, and how far it is written. */
  #file: FileHandle | undefined
  #timeline: number
  #lsn: Lsn
  #segments = 0

  /** Goes on at `lsn`, whose segment the folder has until there. */
  constructor(options: SegmentWriterOptions, timeline: number, lsn: Lsn) {
    this.#options = options
    this.#timeline = timeline
    this.#lsn = lsn
  }

  /** Segments that are whole. */
  get segments(): number {
    return this.#segments
  }

  /** How far the log was written. */
  get through(): Lsn {
    return this.#lsn
  }

  /** Takes log that begins where the log before ended, or anywhere before in its segment: then its beginning is kept. */
  async write(timeline: number, lsn: Lsn, bytes: Uint8Array): Promise<void> {
    if (lsn !== this.#lsn || timeline !== this.#timeline) await this.#turnTo(timeline, lsn)
    const { segmentBytes } = this.#options
    for (let at = 0; at < bytes.length; ) {
      const inSegment = this.#lsn % segmentBytes
      const part = bytes.subarray(at, at + segmentBytes - inSegment)
      this.#file ??= await this.#begin(inSegment)
      await writeWhole(this.#file, part, inSegment)
      at += part.length
      this.#lsn += part.length
      if (this.#lsn % segmentBytes === 0) await this.#finish(this.#lsn - segmentBytes)
    }
  }

  /** Ends the last segment with zeros. */
  async end(): Promise<void> {
    if (this.#file === undefined) return
    await this.#file.truncate(this.#options.segmentBytes)
    await this.#finish(segmentStart(this.#lsn, this.#options.segmentBytes))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
    await rm(this.#path(partialName), { force: true })
  }

  /** The branch that was followed ends here, inside a segment or between two; the next one begins with a copy of it. */
  async #turnTo(timeline: number, lsn: Lsn): Promise<void> {
    const { segmentBytes } = this.#options
    const current = segmentStart(this.#lsn, segmentBytes)
    if (lsn > this.#lsn || lsn < current) {
      throw new CoffreError(
        'journal.gap',
        `the log goes on at ${formatLsn(lsn)} of timeline ${timeline}, after ${formatLsn(this.#lsn)} of ${this.#timeline}`,
      )
    }
    await this.end()
    const parent = walFileName(this.#timeline, lsn, segmentBytes)
    this.#timeline = timeline
    this.#lsn = lsn
    if (lsn > current) this.#file = await this.#beginWith(parent, lsn - current)
  }

  #begin(inSegment: number): Promise<FileHandle> {
    const { segmentBytes } = this.#options
    if (inSegment === 0) return open(this.#path(partialName), 'w+', 0o600)
    return this.#beginWith(walFileName(this.#timeline, this.#lsn, segmentBytes), inSegment)
  }

  async #beginWith(name: string, bytes: number): Promise<FileHandle> {
    const file = await open(this.#path(partialName), 'w+', 0o600)
    try {
      await using from = await open(this.#path(name), 'r')
      const buffer = Buffer.alloc(Math.min(bytes, copyBytesMax))
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, bytes - at), at)
        if (bytesRead === 0) throw new CoffreError('journal.gap', `${name} has ${at} bytes of log, and ${bytes} are needed`)
        await writeWhole(file, buffer.subarray(0, bytesRead), at)
        at += bytesRead
      }
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async #finish(start: Lsn): Promise<void> {
    const { account, segmentBytes } = this.#options
    const name = walFileName(this.#timeline, start, segmentBytes)
    if (account !== undefined) await this.#file?.chown(account.uid, account.gid)
    await this.#file?.close()
    this.#file = undefined
    // It is in the vault: a server that archives must not archive it again.
    await this.#writeDone(name)
    await rename(this.#path(partialName), this.#path(name))
    this.#segments++
  }

  async #writeDone(name: string): Promise<void> {
    const { account } = this.#options
    await using file = await open(this.#path(`archive_status/${name}.done`), 'w', 0o600)
    if (account !== undefined) await file.chown(account.uid, account.gid)
  }

  #path(name: string): string {
    return join(this.#options.folder, name)
  }
}

/** A history file, which has to be there before the server starts. */
export async function writeHistory(folder: string, timeline: number, document: string): Promise<void> {
  const name = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`
  await writeFile(join(folder, name), document, { mode: 0o600 })
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten
}
