import type { ByteString } from '@coffre/foundation'
import { type ArchiveCounts, type BackupOptions, type BackupResult, formatInstant } from '@coffre/repository'
import type { Texts } from '../messages/texts.ts'
import { formatBytes, formatPercent, formatSeconds } from './amounts.ts'
import { omitZero } from './omit-zero.ts'
import type { Output } from './output.ts'
import { shortId } from './snapshot-text.ts'

/** How much there is to do, as far as it is known. */
export interface ExpectedTotals {
  readonly files: number
  readonly bytes: number
}

type Listeners = Required<Pick<BackupOptions, 'onError' | 'onItem' | 'onStart'>>

const actions = { new: 'new', changed: 'modified', unmodified: 'unchanged' } as const

/** What a backup tells while it works and when it has ended. */
export class BackupReport {
  readonly listeners: Listeners
  errors = 0
  expected: ExpectedTotals | undefined
  hideProgress: () => void = () => undefined
  readonly #output: Output
  readonly #texts: Texts
  readonly #beginMs = performance.now()

  /** `absolute` turns a path as it was given into one from the root. */
  constructor(output: Output, texts: Texts, absolute: (path: ByteString) => ByteString) {
    this.#output = output
    this.#texts = texts
    this.listeners = {
      onError: (path, error) => this.fail(absolute(path), error instanceof Error ? error.message : String(error)),
      onItem: (path, node, change) => this.#item(path, Number(node.size ?? 0), change),
      onStart: (counts) => {
        this.hideProgress = output.showProgress({ line: () => this.#line(counts), json: () => this.#status(counts) })
      },
    }
  }

  /** Something could not be read. */
  fail(item: ByteString, message: string): void {
    this.errors++
    if (this.#output.json) this.#output.complain({ message_type: 'error', error: { message }, during: 'archival', item })
    else this.#output.warn(this.#texts.say('backup.error', { problem: message }))
  }

  /** How much there is to do, as known by now. */
  expect(totals: ExpectedTotals): void {
    this.expected = totals
  }

  finish(result: BackupResult, isDryRun: boolean): void {
    if (this.#output.json) this.#output.printJson(summaryJson(result, isDryRun))
    else this.#summarize(result, isDryRun)
  }

  #summarize({ counts, snapshotId, startMs, endMs }: BackupResult, isDryRun: boolean): void {
    const say = (key: Parameters<Texts['say']>[0], values: Parameters<Texts['say']>[1]): void =>
      this.#output.summarize(this.#texts.say(key, values))
    const five = (count: number): string => String(count).padStart(5)
    this.#output.summarize('')
    say('backup.files', {
      new: five(counts.filesNew),
      changed: five(counts.filesChanged),
      unmodified: five(counts.filesUnmodified),
    })
    say('backup.dirs', { new: five(counts.dirsNew), changed: five(counts.dirsChanged), unmodified: five(counts.dirsUnmodified) })
    say(isDryRun ? 'backup.wouldAdd' : 'backup.added', {
      size: formatBytes(counts.dataAdded),
      stored: formatBytes(counts.dataAddedPacked),
    })
    this.#output.summarize('')
    const time = formatSeconds((endMs - startMs) / 1000)
    say('backup.processed', { files: fileCount(counts), size: formatBytes(counts.totalBytesProcessed), time })
    if (isDryRun) return
    if (snapshotId === undefined) say('backup.skipped', {})
    else say('backup.saved', { id: shortId(snapshotId) })
  }

  #item(item: ByteString, size: number, change: keyof typeof actions): void {
    const { json, verbosity } = this.#output
    if (verbosity < (json ? 2 : 3)) return
    const action = actions[change]
    if (!json) {
      this.#output.note(`${action.padEnd(9)} ${item}${size > 0 && change !== 'unmodified' ? ` (${formatBytes(size)})` : ''}`, 3)
      return
    }
    const data_size = change === 'unmodified' ? 0 : size
    // Several items share a pack, so what one of them takes is not known.
    const unknown = { duration: 0, data_size, data_size_in_repo: 0, metadata_size: 0, metadata_size_in_repo: 0, total_files: 0 }
    this.#output.printJson({ message_type: 'verbose_status', action, item, ...unknown })
  }

  #line(counts: ArchiveCounts): string {
    const { totalBytesProcessed: bytes } = counts
    const seconds = this.#seconds()
    const values = {
      time: formatSeconds(seconds),
      files: fileCount(counts),
      size: formatBytes(bytes),
      errors: this.errors,
      current: counts.current,
    }
    const { expected } = this
    if (expected === undefined) return this.#texts.say('backup.progress', values)
    const left = secondsLeft(bytes, expected.bytes, seconds)
    const totals = { percent: formatPercent(bytes, expected.bytes), ofFiles: expected.files, ofSize: formatBytes(expected.bytes) }
    const eta = left > 0 ? this.#texts.say('progress.left', { time: formatSeconds(left) }) : ''
    return this.#texts.say('backup.progressOf', { ...values, ...totals, eta })
  }

  #status(counts: ArchiveCounts): unknown {
    const seconds = this.#seconds()
    const bytes = counts.totalBytesProcessed
    const { files = 0, bytes: total = 0 } = this.expected ?? {}
    const fields = {
      seconds_elapsed: Math.floor(seconds),
      seconds_remaining: Math.floor(secondsLeft(bytes, total, seconds)),
      percent_done: total === 0 ? 0 : Math.min(1, bytes / total),
      total_files: files,
      files_done: fileCount(counts),
      total_bytes: total,
      bytes_done: bytes,
      error_count: this.errors,
      current_files: counts.current === '' ? [] : [counts.current],
    }
    return { message_type: 'status', ...omitZero(fields, 'percent_done') }
  }

  #seconds(): number {
    return (performance.now() - this.#beginMs) / 1000
  }
}

function fileCount({ filesNew, filesChanged, filesUnmodified }: ArchiveCounts): number {
  return filesNew + filesChanged + filesUnmodified
}

function secondsLeft(done: number, total: number, seconds: number): number {
  const bytesPerSecond = done / seconds
  // So slow a rate says nothing yet.
  return bytesPerSecond <= 1024 || total <= done ? 0 : (total - done) / bytesPerSecond
}

function summaryJson({ counts, snapshotId, startMs, endMs }: BackupResult, isDryRun: boolean): unknown {
  return {
    message_type: 'summary',
    files_new: counts.filesNew,
    files_changed: counts.filesChanged,
    files_unmodified: counts.filesUnmodified,
    dirs_new: counts.dirsNew,
    dirs_changed: counts.dirsChanged,
    dirs_unmodified: counts.dirsUnmodified,
    data_blobs: counts.dataBlobs,
    tree_blobs: counts.treeBlobs,
    data_added: counts.dataAdded,
    data_added_packed: counts.dataAddedPacked,
    total_files_processed: fileCount(counts),
    total_bytes_processed: counts.totalBytesProcessed,
    total_duration: (endMs - startMs) / 1000,
    backup_start: formatInstant(startMs),
    backup_end: formatInstant(endMs),
    ...(snapshotId === undefined ? {} : { snapshot_id: snapshotId }),
    ...(isDryRun ? { dry_run: true } : {}),
  }
}
