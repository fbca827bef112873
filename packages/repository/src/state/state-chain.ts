import { hash } from 'node:crypto'
import { CoffreError } from '@coffre/foundation'
import { forEachBounded } from '@coffre/storage'
import { stringOf, wholeNumberOf } from '../format/json-fields.ts'
import type { Id } from '../format/node.ts'
import { isMissing, type Repository } from '../repository/repository.ts'
import { openDocument } from './sealed-document.ts'
import type { StateChange } from './state-change.ts'
import { decodeChange } from './state-codec.ts'
import { copiesOfState, type StateCopy, stateName } from './state-copies.ts'
import type { StateHead } from './vault-state.ts'

export const stateDocument = 'state'

/** One record of the chain, verified. */
export interface StateRecord extends StateHead {
  /** The hash of the record before; the repository's id in the first one. */
  readonly previous: Id
  /** The record that reading begins with. */
  readonly base: number
  readonly timeMs: number
  readonly change: StateChange
}

/** The state of the vault cannot be believed: records are missing, changed, or older than they should be. */
export class StateChainError extends CoffreError {
  override readonly name = 'StateChainError'
  readonly recordNumber: number

  constructor(recordNumber: number, problem: string) {
    super('repository.state-broken', `record ${stateName(recordNumber)} of the vault's state ${problem}`, {
      hint: 'Nothing may be removed until this is explained. `coffre repo heal` brings hidden records back where the storage keeps versions; else restore `coffre/state/` from a copy of the vault.',
    })
    this.recordNumber = recordNumber
  }
}

const loadsAtOnce = 8
const attemptsMax = 4

/**
 * The records that count, oldest first: from the newest checkpoint, or the first record, through the last. None where no state
 * was written. Throws StateChainError unless they are an unbroken chain that contains `anchor`, a head that was seen earlier.
 */
export async function readChain(
  repository: Repository,
  anchor: StateHead | undefined,
  signal: AbortSignal,
): Promise<readonly StateRecord[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const chain = await readOnce(repository, signal)
      assertContains(chain, anchor)
      return chain
    } catch (error) {
      // Another writer has put a checkpoint and removed what was before it.
      if (!isMissing(error) || attempt === attemptsMax) throw error
    }
  }
}

async function readOnce(repository: Repository, signal: AbortSignal): Promise<readonly StateRecord[]> {
  const copies = await copiesOfState(repository.backend, signal)
  const head = await findHead(repository, copies, signal)
  if (head === undefined) return []
  const found = await readRange(repository, copies, head.base, head.number - 1, signal)
  const chain = [head]
  for (let next = head; next.number > head.base; ) {
    const record = found.get(next.number - 1)?.find((candidate) => candidate.hash === next.previous)
    if (record === undefined) throw new StateChainError(next.number - 1, problemOf(copies, found, next.number - 1))
    chain.push(record)
    next = record
  }
  assertBegins(repository, chain.at(-1))
  return chain.reverse()
}

/** The authentic record with the highest number; of several with that number the one that was there first. */
async function findHead(
  repository: Repository,
  copies: ReadonlyMap<number, readonly StateCopy[]>,
  signal: AbortSignal,
): Promise<StateRecord | undefined> {
  for (const number of [...copies.keys()].sort((a, b) => b - a)) {
    const [first] = await readRecords(repository, number, copies.get(number) ?? [], signal)
    if (first !== undefined) return first
    // What is hidden and not authentic was never a record, such as a leftover of an init that did not end.
    if (copies.get(number)?.some((copy) => copy.isVisible)) throw new StateChainError(number, 'fails its authentication')
  }
  return undefined
}

async function readRange(
  repository: Repository,
  copies: ReadonlyMap<number, readonly StateCopy[]>,
  from: number,
  through: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, readonly StateRecord[]>> {
  const found = new Map<number, readonly StateRecord[]>()
  const numbers = Array.from({ length: Math.max(0, through - from + 1) }, (_, at) => from + at)
  await forEachBounded(numbers, loadsAtOnce, async (number) => {
    found.set(number, await readRecords(repository, number, copies.get(number) ?? [], signal))
  })
  return found
}

/** The authentic copies of a record, oldest first: usually one. */
export async function readRecords(
  repository: Repository,
  number: number,
  copies: readonly StateCopy[],
  signal: AbortSignal,
): Promise<StateRecord[]> {
  const records: StateRecord[] = []
  for (const copy of copies) {
    const bytes = await copy.load(signal)
    const record = decodeRecord(repository, number, bytes)
    if (record !== undefined && !records.some((other) => other.hash === record.hash)) records.push(record)
  }
  return records
}

/** Undefined unless these bytes are record `number` of this repository. */
function decodeRecord(repository: Repository, number: number, bytes: Uint8Array): StateRecord | undefined {
  const fields = openDocument(repository, stateDocument, bytes)
  if (fields?.['number'] !== number) return undefined
  const what = stateName(number)
  return {
    number,
    hash: hash('sha256', bytes, 'hex'),
    previous: stringOf(fields['previous'], what),
    base: wholeNumberOf(fields['base'], what),
    timeMs: wholeNumberOf(fields['time'], what),
    change: decodeChange(stringOf(fields['kind'], what), (fields['body'] ?? {}) as { readonly [field: string]: unknown }),
  }
}

function problemOf(
  copies: ReadonlyMap<number, readonly StateCopy[]>,
  found: ReadonlyMap<number, readonly StateRecord[]>,
  number: number,
): string {
  if ((copies.get(number) ?? []).length === 0) return 'is missing'
  if ((found.get(number) ?? []).length === 0) return 'fails its authentication'
  return 'is not the one that the next record follows'
}

function assertBegins(repository: Repository, first: StateRecord | undefined): void {
  if (first === undefined || first.change.kind === 'checkpoint') return
  if (first.number === 1 && first.previous === repository.config.id) return
  throw new StateChainError(first.number, 'is neither the first nor a checkpoint')
}

function assertContains(chain: readonly StateRecord[], anchor: StateHead | undefined): void {
  if (anchor === undefined) return
  const head = chain.at(-1)
  const same = chain.find((record) => record.number === anchor.number)
  if (same !== undefined && same.hash !== anchor.hash)
    throw new StateChainError(anchor.number, 'is not the one that was seen earlier')
  if (head === undefined || head.number < anchor.number) {
    throw new StateChainError(
      anchor.number,
      `is gone: the state ends with record ${head?.number ?? 0}, an older one was put in its place`,
    )
  }
}
