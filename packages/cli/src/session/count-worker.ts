import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import { type ByteString, isCoffreError } from '@coffre/foundation'
import { type LocalFiles, openLocalFiles, type Selection } from '@coffre/repository'
import { backupSelection, type SelectionRules } from './backup-selection.ts'

export interface CountRequest {
  /** Absolute. */
  readonly targets: readonly ByteString[]
  readonly rules: SelectionRules
  /** Not 0 once nobody wants to know any more. */
  readonly stop: Int32Array<SharedArrayBuffer>
}

export interface CountedTotals {
  files: number
  bytes: number
}

if (!isMainThread) {
  const { targets, rules, stop } = workerData as CountRequest
  const isStopped = (): boolean => Atomics.load(stop, 0) !== 0
  const files = openLocalFiles()
  const selection = backupSelection(rules, targets, files, () => undefined)
  const totals: CountedTotals = { files: 0, bytes: 0 }
  for (const target of targets) count(target, selection, files, totals, isStopped)
  if (!isStopped()) parentPort?.postMessage(totals)
}

function count(path: ByteString, selection: Selection, files: LocalFiles, totals: CountedTotals, isStopped: () => boolean): void {
  if (isStopped() || !selection.includesName(path)) return
  try {
    const status = files.status(path)
    if (!selection.includes(path, status)) return
    if (status.type === 'file') {
      totals.files++
      totals.bytes += status.sizeBytes
    }
    if (status.type !== 'dir') return
    const prefix = path === '/' ? path : `${path}/`
    for (const { name } of files.readDirectory(path)) count(prefix + name, selection, files, totals, isStopped)
  } catch (error) {
    if (!isCoffreError(error)) throw error
  }
}
