import { CoffreError } from '@coffre/foundation'
import type { MemoryOperation, Verdict } from '@coffre/storage'

/**
 * How a scenario can be stopped at one of its storage operations.
 * - `not-applied`: the machine dies before the operation.
 * - `acknowledgement-lost`: the operation takes place, its caller gets an error that may be tried again, and life goes on.
 * - `leftover`: the machine dies within a save, whose temporary file stays.
 * - `no-space`: the disk is full from this save on; what is removed afterwards makes room again.
 * - `unsynced-empty`: the power fails after the operation, and what was saved since the last flush is there, but empty.
 * - `unsynced-lost`: the same, and nothing since the last flush has happened: no file is there, no removal either.
 * - `unsynced-mixed`: the same, and each change since the last flush fares on its own: whole, cut short, empty or not at all.
 */
export type CrashVariant = (typeof crashVariants)[number]

export const crashVariants = [
  'not-applied',
  'acknowledgement-lost',
  'leftover',
  'no-space',
  'unsynced-empty',
  'unsynced-lost',
  'unsynced-mixed',
] as const

export interface CrashPoint {
  /** The number of the operation, from 0. */
  readonly operation: number
  readonly variant: CrashVariant
}

/** Whether the variant says something of its own about this operation. */
export function applies(variant: CrashVariant, operation: MemoryOperation): boolean {
  if (variant === 'leftover' || variant === 'no-space') return operation.kind === 'save'
  return !variant.startsWith('unsynced') || operation.kind !== 'flush'
}

/** Whether the process lives on after the stop, so that its reaction to the error belongs to the outcome. */
export function isSurvivable(variant: CrashVariant): boolean {
  return variant === 'acknowledgement-lost' || variant === 'no-space'
}

/** What a memory backend is to do with each operation when a survivable stop is planned. */
export function decideAt(point: CrashPoint): (operation: MemoryOperation, index: number) => Verdict {
  let roomBytes = Number.POSITIVE_INFINITY
  return (operation, index) => {
    const isHere = index === point.operation
    if (isHere && point.variant === 'acknowledgement-lost') return { effect: 'applied', error: acknowledgementLost() }
    const fills = isHere && point.variant === 'no-space'
    if (fills) roomBytes = 0
    if (operation.kind === 'save') {
      if (fills || operation.bytes.byteLength > roomBytes) return { effect: 'none', error: noSpace() }
      roomBytes -= operation.bytes.byteLength
    }
    if (operation.kind !== 'flush') roomBytes += operation.before?.byteLength ?? 0
    return { effect: 'applied' }
  }
}

function acknowledgementLost(): CoffreError {
  return new CoffreError('storage.unavailable', 'the connection was reset before the answer came')
}

function noSpace(): CoffreError {
  return new CoffreError('storage.no-space', 'cannot save: no space left on the device')
}
