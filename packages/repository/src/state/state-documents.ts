import { hash } from 'node:crypto'
import { CoffreError, isCoffreError } from '@coffre/foundation'
import type { FileHandle, SaveOptions } from '@coffre/storage'
import { type JsonObject, objectOf, stringOf, wholeNumberOf } from '../format/json-fields.ts'
import type { Id } from '../format/node.ts'
import type { Repository } from '../repository/repository.ts'
import { appendState } from './append-state.ts'
import { loadRecognised } from './load-recognised.ts'
import { loadVaultState } from './load-vault-state.ts'
import { openDocument, sealDocument } from './sealed-document.ts'
import type { StoredDocument, VaultState } from './vault-state.ts'

/** Something that is to be read again when all that is left is the vault. */
export interface VaultDocument {
  readonly name: string
  readonly content: JsonObject
}

/** One that was read. */
export interface LoadedDocument extends VaultDocument {
  /** When it was written, by the writer's clock. */
  readonly timeMs: number
}

const documentKind = 'catalogue'
const what = 'a document of the catalogue'

/**
 * Makes these the documents of the vault: each in a sealed file of its own, the state naming them all by their hashes. Those that say
 * what they said before are not written again. Durable when it resolves; interrupted, those before are still there. What the state
 * names no more is removed where that can be. Only one caller at a time.
 */
export async function saveDocuments(
  repository: Repository,
  documents: readonly VaultDocument[],
  signal: AbortSignal,
): Promise<VaultState> {
  const leftovers = await documentFiles(repository, signal)
  const before = await loadVaultState(repository, signal)
  const stored = new Map<string, StoredDocument>()
  for (const { name, content } of documents) {
    const text = JSON.stringify(content)
    const known = before.documents.get(name)
    // One that is not there any more is written again, whatever the state says.
    const isThere = known !== undefined && leftovers.includes(known.file)
    const isSame = isThere && known.content === hash('sha256', text, 'hex') && isLockedEnough(known, before, repository)
    stored.set(name, isSame ? known : await save(repository, before, name, text, signal))
  }
  await repository.backend.flush(signal)
  const state = await appendState(
    repository,
    (present) => (isSameSet(stored, present.documents) ? undefined : { kind: 'known', added: [], removed: [], documents: stored }),
    signal,
  )
  const named = new Set([...state.documents.values()].map(({ file }) => file))
  for (const file of leftovers) if (!named.has(file)) await removeIfPossible(repository, handleOf(file), signal)
  return state
}

/**
 * The documents that the state names. Where it names none, as a writer that does not know of them has made it anew, the newest of each
 * name that is there. `repository.damaged` when one that the state names is not.
 */
export async function loadDocuments(
  repository: Repository,
  state: VaultState,
  signal: AbortSignal,
): Promise<readonly LoadedDocument[]> {
  if (state.documents.size === 0) return loadUnnamed(repository, signal)
  const documents: LoadedDocument[] = []
  for (const [name, { file }] of state.documents) {
    const found = await load(repository, file, signal)
    if (found?.name !== name) {
      throw new CoffreError('repository.damaged', `the document ${name} that the vault's state names is gone`, {
        hint: 'Bring `coffre/catalogue/` back from a copy of the vault. Its points can be restored all the same: `coffre repo`.',
      })
    }
    documents.push(found)
  }
  return documents
}

async function loadUnnamed(repository: Repository, signal: AbortSignal): Promise<readonly LoadedDocument[]> {
  const newest = new Map<string, LoadedDocument>()
  for (const file of await documentFiles(repository, signal)) {
    const found = await load(repository, file, signal)
    if (found !== undefined && found.timeMs >= (newest.get(found.name)?.timeMs ?? 0)) newest.set(found.name, found)
  }
  return [...newest.values()]
}

async function load(repository: Repository, file: Id, signal: AbortSignal): Promise<LoadedDocument | undefined> {
  const recognise = (bytes: Uint8Array) =>
    hash('sha256', bytes, 'hex') === file ? openDocument(repository, documentKind, bytes) : undefined
  const fields = await loadRecognised(repository.backend, handleOf(file), recognise, signal)
  if (fields === undefined) return undefined
  const content = objectOf(JSON.parse(stringOf(fields['content'], what)), what)
  return { name: stringOf(fields['name'], what), timeMs: wholeNumberOf(fields['time'], what), content }
}

async function save(
  repository: Repository,
  { lock, stateUntilMs }: VaultState,
  name: string,
  text: string,
  signal: AbortSignal,
): Promise<StoredDocument> {
  const time = Math.floor(repository.context.clock.nowMs())
  // As text within the document, so that its hash is over what is stored.
  const sealed = sealDocument(repository, documentKind, { name, time, content: text })
  const file = hash('sha256', sealed, 'hex')
  const isLocked = lock !== undefined && stateUntilMs !== undefined
  const options: SaveOptions = isLocked ? { retention: { mode: lock.mode, until: new Date(stateUntilMs) } } : {}
  await repository.backend.save(handleOf(file), [sealed], options, signal)
  const content = hash('sha256', text, 'hex')
  return isLocked ? { file, content, untilMs: stateUntilMs } : { file, content }
}

/** One whose lock nears its end is written anew rather than extended: by then it is small beside what it tells of. */
function isLockedEnough(known: StoredDocument, { lock, stateUntilMs }: VaultState, { context }: Repository): boolean {
  if (lock === undefined || stateUntilMs === undefined) return true
  const nowMs = context.clock.nowMs()
  return known.untilMs !== undefined && known.untilMs - nowMs >= (stateUntilMs - nowMs) / 2
}

function isSameSet(a: ReadonlyMap<string, StoredDocument>, b: ReadonlyMap<string, StoredDocument>): boolean {
  return a.size === b.size && [...a].every(([name, { file }]) => b.get(name)?.file === file)
}

const prefix = 'catalogue/'

function handleOf(file: Id): FileHandle {
  return { type: 'state', name: `${prefix}${file}` }
}

async function documentFiles(repository: Repository, signal: AbortSignal): Promise<readonly Id[]> {
  const names = await repository.names('state', signal)
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
}

/** Writers may not remove, and nobody what is locked: then it stays until somebody can. */
async function removeIfPossible(repository: Repository, file: FileHandle, signal: AbortSignal): Promise<void> {
  try {
    await repository.backend.remove(file, signal)
  } catch (error) {
    if (!isCoffreError(error, 'storage.locked', 'storage.permission')) throw error
  }
}
