import type { Random } from '@coffre/foundation'
import { applyLeftover, applyOperation, type MemoryOperation, type StoredFiles } from '@coffre/storage'
import type { CrashPoint } from './crash-point.ts'

/** What is stored after a stop that the process did not survive, from the log of a run that was not stopped. */
export function rebuild(
  before: StoredFiles,
  operations: readonly MemoryOperation[],
  point: CrashPoint,
  random: Random,
): StoredFiles {
  const files = new Map(before)
  const stopped = operations[point.operation]
  if (stopped === undefined) throw new RangeError(`there is no operation ${point.operation}`)
  if (point.variant === 'not-applied' || point.variant === 'leftover') {
    for (const operation of operations.slice(0, point.operation)) applyOperation(files, operation)
    if (point.variant === 'leftover') applyLeftover(files, stopped)
    return files
  }
  const begun = operations.slice(0, point.operation + 1)
  const durable = begun.findLastIndex((operation) => operation.kind === 'flush') + 1
  for (const operation of begun.slice(0, durable)) applyOperation(files, operation)
  for (const operation of begun.slice(durable)) {
    if (point.variant === 'unsynced-empty') applyOperation(files, cutShort(operation, 0))
    if (point.variant === 'unsynced-mixed') applyByChance(files, operation, random)
  }
  return files
}

function applyByChance(files: Map<string, Uint8Array>, operation: MemoryOperation, random: Random): void {
  const share = [undefined, 0, 0.5, 1][random.integer(4)]
  if (share !== undefined) applyOperation(files, cutShort(operation, share))
}

/** The operation with only a share of its bytes. A removal takes place whatever the share. */
function cutShort(operation: MemoryOperation, share: number): MemoryOperation {
  if (operation.kind !== 'save') return operation
  return { ...operation, bytes: operation.bytes.subarray(0, Math.floor(operation.bytes.byteLength * share)) }
}
