import { hash } from 'node:crypto'
import { isCoffreError } from '@coffre/foundation'
import type { FileHandle, ObjectVersion } from '@coffre/storage'
import { decodeKey } from '../format/key-codec.ts'
import type { Id } from '../format/node.ts'
import { recogniseConfig } from '../repository/recognise-config.ts'
import type { Repository } from '../repository/repository.ts'
import { openDocument } from '../state/sealed-document.ts'
import { readChain, stateDocument } from '../state/state-chain.ts'
import { isStateName, stateName } from '../state/state-copies.ts'
import { contentsOldestFirst, hashesToName } from './authentic-version.ts'
import { objectLockOf } from './store-time.ts'
import type { VersionGroup } from './version-groups.ts'

/**
 * Which version of a file is the file.
 * - `authentic`: this one. `lost`: none, though what is there may be a damaged remainder. `planted`: none, and no key of this vault
 *   ever made what is there. `unknown`: not for us to judge.
 */
export type Verdict =
  | { readonly kind: 'authentic'; readonly version: ObjectVersion }
  | { readonly kind: 'lost' | 'planted' | 'unknown' }

/** Judges the files of one vault. What is on top does not matter, only what was there first and can be verified. */
export class VersionJudge {
  readonly #repository: Repository
  #records: Promise<ReadonlyMap<string, Id>> | undefined

  constructor(repository: Repository) {
    this.#repository = repository
  }

  async judge(file: FileHandle, group: VersionGroup, signal: AbortSignal): Promise<Verdict> {
    const contents = contentsOldestFirst(group.versions)
    if (file.type === 'state') return this.#judgeState(file, contents, signal)
    if (file.type === 'config') return findConfig(this.#repository, contents, signal)
    if (file.type === 'journal') return onlyContent(contents)
    const lock = objectLockOf(this.#repository.backend)
    for (const version of contents) {
      if (!(await hashesToName(lock, version, signal))) continue
      return (await isPlanted(this.#repository, version, signal)) ? { kind: 'planted' } : { kind: 'authentic', version }
    }
    return { kind: 'lost' }
  }

  /** Names of state files are no hashes: a record has to be the one that the chain goes through. */
  async #judgeState(file: FileHandle, contents: readonly ObjectVersion[], signal: AbortSignal): Promise<Verdict> {
    if (file.name === 'format') return findDocument(this.#repository, 'format', contents, signal)
    if (!isStateName(file.name)) return { kind: 'unknown' }
    this.#records ??= recordHashes(this.#repository, signal)
    const wanted = (await this.#records).get(file.name)
    if (wanted === undefined) return findDocument(this.#repository, stateDocument, contents, signal)
    for (const version of contents) {
      const bytes = await loadVersion(this.#repository, version, signal)
      if (hash('sha256', bytes, 'hex') === wanted) return { kind: 'authentic', version }
    }
    return { kind: 'lost' }
  }
}

/** The records that count; none where the chain is broken. */
async function recordHashes(repository: Repository, signal: AbortSignal): Promise<ReadonlyMap<string, Id>> {
  try {
    return new Map((await readChain(repository, undefined, signal)).map((record) => [stateName(record.number), record.hash]))
  } catch (error) {
    if (!isCoffreError(error, 'repository.state-broken')) throw error
    return new Map()
  }
}

/** A piece of a journal is stored once; what it should be says its journal, which chooses among several. */
function onlyContent(contents: readonly ObjectVersion[]): Verdict {
  const [version] = contents
  return version === undefined || contents.length > 1 ? { kind: 'unknown' } : { kind: 'authentic', version }
}

/** Of several configs that this vault's key made, the newest format: an upgrade keeps the one before as an older version. */
async function findConfig(repository: Repository, contents: readonly ObjectVersion[], signal: AbortSignal): Promise<Verdict> {
  let best: ObjectVersion | undefined
  let bestFormat = 0
  for (const version of contents) {
    const format = recogniseConfig(repository.workbench, await loadVersion(repository, version, signal))?.version ?? 0
    if (format <= bestFormat) continue
    best = version
    bestFormat = format
  }
  return best === undefined ? { kind: 'lost' } : { kind: 'authentic', version: best }
}

async function findDocument(
  repository: Repository,
  document: string,
  contents: readonly ObjectVersion[],
  signal: AbortSignal,
): Promise<Verdict> {
  for (const version of contents) {
    if (openDocument(repository, document, await loadVersion(repository, version, signal)) !== undefined)
      return { kind: 'authentic', version }
  }
  return { kind: 'planted' }
}

/**
 * Whether content that hashes to its name was never made with a key of this vault. Packs are not judged: one that no index names is
 * for prune to remove.
 */
async function isPlanted(repository: Repository, version: ObjectVersion, signal: AbortSignal): Promise<boolean> {
  if (version.type === 'pack') return false
  const bytes = await loadVersion(repository, version, signal)
  if (version.type !== 'key') return repository.workbench.open(bytes) === undefined
  try {
    decodeKey(bytes)
    return false
  } catch (error) {
    if (!isCoffreError(error, 'repository.damaged')) throw error
    return true
  }
}

async function loadVersion(repository: Repository, version: ObjectVersion, signal: AbortSignal): Promise<Uint8Array> {
  return objectLockOf(repository.backend).loadVersion(version, version.versionId, undefined, signal)
}
