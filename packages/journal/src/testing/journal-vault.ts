import assert from 'node:assert/strict'
import type { ChangeBatch, Position } from '@coffre/connector'
import { loadIndex, type Repository } from '@coffre/repository'
import { foldJournal } from '../fold/fold-journal.ts'
import type { FoldOptions, FoldOutcome, FoldSession } from '../fold/fold-options.ts'
import { Journal, type JournalOptions } from '../journal.ts'
import { JournalReader } from '../read/journal-reader.ts'
import { type RetireResult, retireFolded } from '../retire-folded.ts'
import { ScriptedStream } from './scripted-stream.ts'
import { at, SegmentFormat } from './segment-format.ts'

export const streamName = 'shop'
export const segmentBytes = 1000
const format = new SegmentFormat(segmentBytes)
const { signal } = new AbortController()

/** A journal in a vault that a test has open, and what it takes to work with it. */
export class JournalVault {
  readonly repository: Repository
  readonly stream: ScriptedStream

  constructor(repository: Repository, startMs: number) {
    this.repository = repository
    this.stream = new ScriptedStream(startMs)
  }

  open(options: Partial<JournalOptions> = {}): Promise<Journal> {
    return Journal.open(this.repository, { stream: streamName, ...options }, signal)
  }

  /** Opens the journal for a first epoch, from the stream's beginning. */
  async begin(options: Partial<JournalOptions> = {}): Promise<Journal> {
    const journal = await this.open(options)
    journal.beginEpoch(at('1', 0), [{ id: '1' }])
    return journal
  }

  /** Appends and seals what the stream writes, all at once. */
  async seal(journal: Journal, ...batches: readonly ChangeBatch[]): Promise<Position> {
    for (const batch of batches) await journal.append(batch)
    return journal.seal(signal)
  }

  fold({ lockDays, ...options }: Partial<FoldOptions & Pick<FoldSession, 'lockDays'>> = {}): Promise<FoldOutcome> {
    const term = lockDays === undefined ? {} : { lockDays }
    const session = { repository: this.repository, signal, confirmed: Promise.resolve(), ...term }
    const all = {
      stream: streamName,
      paths: [`/${streamName}/log`],
      programVersion: 'coffre test',
      closeAfterMs: 3_600_000,
      packBytes: 64 * 1024,
    }
    return foldJournal(session, format, { ...all, ...options }, signal)
  }

  async retire({ tail }: FoldOutcome, keeper = this.repository): Promise<RetireResult> {
    assert.ok(tail)
    return retireFolded(keeper, streamName, tail, signal)
  }

  async reader(epoch?: number): Promise<JournalReader> {
    const index = await loadIndex(this.repository, {}, signal)
    const options = { stream: streamName, ...(epoch === undefined ? {} : { epoch }) }
    return JournalReader.open(this.repository, index, format, options, signal)
  }

  /** What the vault has between two positions must be what the engine wrote. */
  async assertLog(after: Position, through: Position): Promise<void> {
    const reader = await this.reader()
    assert.ok((await logOf(reader.read(after, through, signal))).equals(this.stream.log(after, through)))
  }
}

export async function logOf(batches: AsyncIterable<ChangeBatch>): Promise<Buffer> {
  const copies: Uint8Array[] = []
  for await (const { bytes } of batches) copies.push(Buffer.from(bytes))
  return Buffer.concat(copies)
}
