import type { ByteString } from '@coffre/foundation'
import type { RestoreCounts, RestoreOptions } from '@coffre/repository'
import type { Texts } from '../messages/texts.ts'
import { formatBytes, formatPercent, formatSeconds } from './amounts.ts'
import { omitZero } from './omit-zero.ts'
import type { Output } from './output.ts'

/** What a restore tells while it works and when it has ended. */
export class RestoreReport {
  readonly listeners: Required<Pick<RestoreOptions, 'onError' | 'onItem' | 'onStart'>>
  counts: RestoreCounts
  readonly hideProgress: () => void
  readonly #output: Output
  readonly #texts: Texts
  readonly #isDryRun: boolean
  readonly #beginMs = performance.now()

  constructor(output: Output, texts: Texts, isDryRun: boolean) {
    this.#output = output
    this.#texts = texts
    this.#isDryRun = isDryRun
    this.counts = {
      filesTotal: 0,
      filesRestored: 0,
      filesSkipped: 0,
      filesDeleted: 0,
      bytesTotal: 0,
      bytesRestored: 0,
      bytesSkipped: 0,
      errors: 0,
    }
    this.listeners = {
      onError: (location, error) => this.#error(location, error),
      onItem: (location, action, sizeBytes) => this.#item(location, action, sizeBytes),
      onStart: (counts) => {
        this.counts = counts
      },
    }
    this.hideProgress = output.showProgress({ line: () => this.#line(), json: () => this.#status() })
  }

  finish(verified: boolean): void {
    const { filesRestored, filesTotal, bytesTotal, filesSkipped, bytesSkipped, filesDeleted } = this.counts
    if (this.#output.json) {
      this.#output.printJson({ message_type: 'summary', ...omitZero(this.#fields()) })
      return
    }
    const time = formatSeconds(this.#seconds())
    const isWhole = filesRestored === filesTotal
    const key = this.#isDryRun ? 'restore.wouldRestore' : isWhole ? 'restore.summary' : 'restore.partSummary'
    let summary = this.#texts.say(key, { files: filesRestored, of: filesTotal, size: formatBytes(bytesTotal), time })
    if (filesSkipped > 0) summary += this.#texts.say('restore.skipped', { files: filesSkipped, size: formatBytes(bytesSkipped) })
    if (filesDeleted > 0) summary += this.#texts.say('restore.deleted', { files: filesDeleted })
    this.#output.summarize(summary)
    if (verified) this.#output.summarize(this.#texts.say('restore.verified'))
  }

  #error(location: ByteString, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (this.#output.json) this.#output.complain({ message_type: 'error', error: { message }, during: 'restore', item: location })
    else this.#output.warn(this.#texts.say('restore.error', { path: location, problem: message }))
  }

  #item(location: ByteString, action: string, size: number): void {
    if (this.#output.verbosity < 3) return
    if (this.#output.json) this.#output.printJson({ message_type: 'verbose_status', action, item: location, size })
    else this.#output.note(`${action.padEnd(9)} ${location}${size > 0 ? ` (${formatBytes(size)})` : ''}`, 3)
  }

  #line(): string {
    const { filesRestored, filesTotal, bytesRestored, bytesTotal, filesSkipped, errors } = this.counts
    const percent = formatPercent(bytesRestored + this.counts.bytesSkipped, bytesTotal)
    const values = {
      time: formatSeconds(this.#seconds()),
      percent,
      files: filesRestored,
      of: filesTotal,
      size: formatBytes(bytesRestored),
      total: formatBytes(bytesTotal),
    }
    return this.#texts.say('restore.progress', { ...values, skipped: filesSkipped, errors })
  }

  #status(): unknown {
    const { bytesRestored, bytesSkipped, bytesTotal } = this.counts
    const percent_done = bytesTotal === 0 ? 0 : Math.min(1, (bytesRestored + bytesSkipped) / bytesTotal)
    const { seconds_elapsed, ...fields } = this.#fields()
    return { message_type: 'status', ...omitZero({ seconds_elapsed, percent_done, ...fields }, 'percent_done') }
  }

  #fields() {
    const counts = this.counts
    return {
      seconds_elapsed: Math.floor(this.#seconds()),
      total_files: counts.filesTotal,
      files_restored: counts.filesRestored,
      files_skipped: counts.filesSkipped,
      files_deleted: counts.filesDeleted,
      total_bytes: counts.bytesTotal,
      bytes_restored: counts.bytesRestored,
      bytes_skipped: counts.bytesSkipped,
    }
  }

  #seconds(): number {
    return (performance.now() - this.#beginMs) / 1000
  }
}
