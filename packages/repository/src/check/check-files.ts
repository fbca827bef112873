import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { CoffreError, throwIfAborted } from '@coffre/foundation'
import type { FileHandle } from '@coffre/storage'
import type { RepositoryConfig } from '../format/config-codec.ts'
import { decodeKey } from '../format/key-codec.ts'
import { decodeLock } from '../format/lock-codec.ts'
import type { Id } from '../format/node.ts'
import { recogniseConfig } from '../repository/recognise-config.ts'
import { isMissing, type Repository } from '../repository/repository.ts'
import { contentCutOf } from '../state/format-marker.ts'
import { loadRecognised } from '../state/load-recognised.ts'
import { loadVaultState } from '../state/load-vault-state.ts'
import { StateChainError } from '../state/state-chain.ts'
import { stateName } from '../state/state-copies.ts'
import type { Report } from './finding.ts'

/** Files that must be there, as whoever keeps count of them knows. Without it, nobody misses a deleted one. */
export interface KnownFiles {
  readonly snapshots?: ReadonlySet<Id>
  readonly keys?: ReadonlySet<Id>
  readonly locks?: ReadonlySet<Id>
}

/** Reads config, keys and locks once more and reports what is damaged or missed. */
export async function checkSmallFiles(
  repository: Repository,
  known: KnownFiles,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  await inspect({ type: 'config', name: '' }, () => checkConfig(repository, signal), report, signal)
  const checkMarker = async (): Promise<void> => {
    await contentCutOf(repository, signal)
  }
  await inspect({ type: 'state', name: 'format' }, checkMarker, report, signal)
  await checkState(repository, report, signal)
  const keys = await repository.names('key', signal)
  for (const name of keys) await inspect({ type: 'key', name }, () => checkKey(repository, name, signal), report, signal)
  const locks = await repository.names('lock', signal)
  for (const name of locks) {
    const check = async (): Promise<void> => {
      decodeLock(await repository.loadUnpacked('lock', name, signal))
    }
    await inspect({ type: 'lock', name }, check, report, signal)
  }
  // A key that opened the repository was there a moment ago.
  reportMissed('key', new Set([...(known.keys ?? []), repository.keyId]), keys, report)
  reportMissed('lock', known.locks ?? new Set(), locks, report)
}

export function reportMissed(
  type: 'key' | 'lock' | 'snapshot',
  expected: ReadonlySet<Id>,
  found: Iterable<Id>,
  report: Report,
): void {
  const present = new Set(found)
  for (const name of expected) {
    if (present.has(name)) continue
    report({ kind: 'missing-file', severity: 'error', file: { type, name }, message: `${type} ${name} is gone` })
  }
}

/** Runs a check of one file and reports its error as a finding. Locks and keys may be removed meanwhile; config may not. */
async function inspect(file: FileHandle, check: () => Promise<void>, report: Report, signal: AbortSignal): Promise<void> {
  try {
    await check()
  } catch (error) {
    throwIfAborted(signal)
    const what = file.type === 'config' ? 'config' : `${file.type} ${file.name}`
    if (isMissing(error)) {
      if (file.type === 'config') report({ kind: 'missing-file', severity: 'error', file, message: 'config is gone' })
    } else report({ kind: 'damaged-file', severity: 'error', file, message: damageOf(what, error) })
  }
}

/** The records of `coffre/state/`, where there are any: a broken one is named. */
async function checkState(repository: Repository, report: Report, signal: AbortSignal): Promise<void> {
  try {
    await loadVaultState(repository, signal)
  } catch (error) {
    if (!(error instanceof StateChainError)) throw error
    report({
      kind: 'damaged-file',
      severity: 'error',
      file: { type: 'state', name: stateName(error.recordNumber) },
      message: error.message,
    })
  }
}

/** The message of an error about `what`, which is named in any case. */
export function damageOf(what: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.includes(what) ? message : `${what}: ${message}`
}

async function checkConfig(repository: Repository, signal: AbortSignal): Promise<void> {
  const recognise = (bytes: Uint8Array): RepositoryConfig | undefined => {
    const config = recogniseConfig(repository.workbench, bytes)
    return isDeepStrictEqual(config, repository.config) ? config : undefined
  }
  const found = await loadRecognised(repository.backend, { type: 'config', name: '' }, recognise, signal)
  if (found === undefined) throw new CoffreError('storage.missing', 'config is gone')
}

async function checkKey(repository: Repository, name: Id, signal: AbortSignal): Promise<void> {
  const bytes = await repository.loadRaw({ type: 'key', name }, signal)
  if (hash('sha256', bytes, 'hex') !== name) throw new CoffreError('repository.damaged', `key ${name} does not hash to its name`)
  decodeKey(bytes)
}
