import { CoffreError } from '@coffre/foundation'
import { type FileHandle, type FileType, fileTypes, type RetentionMode } from '@coffre/storage'
import { arrayOf, damaged, idOf, type JsonObject, objectOf, stringOf, wholeNumberOf } from '../format/json-fields.ts'
import type { Id } from '../format/node.ts'
import type { PruneCandidate } from '../prune/prune-ledger.ts'
import type { LocksChange, StateChange } from './state-change.ts'
import {
  emptyVaultState,
  type Hold,
  type LockedFile,
  type LockPolicy,
  ledgerKey,
  type StoredDocument,
  type VaultState,
} from './vault-state.ts'

const what = 'a state record'

/** The body of a record; docs/formats/repository.md describes it. Times are whole seconds since 1970, but where it says otherwise. */
export function encodeChange(change: StateChange): JsonObject {
  switch (change.kind) {
    case 'policy':
      return { lock: change.lock ?? null, ...stateUntil(change.stateUntilMs) }
    case 'locks': {
      const { files, points, stateUntilMs } = change
      return { files: files.map(encodeFile), points: encodeTimes(points), ...stateUntil(stateUntilMs) }
    }
    case 'known':
      return {
        added: change.added.map(encodeHandle),
        removed: change.removed.map(encodeHandle),
        ...(change.documents === undefined ? {} : { documents: encodeDocuments(change.documents) }),
      }
    case 'candidates':
      return { recorded: change.recorded.map(encodeCandidate), forgotten: change.forgotten }
    case 'hold':
    case 'release': {
      const { kind: _kind, ...body } = change
      return body
    }
    case 'checkpoint':
      return encodeState(change.state)
  }
}

/** `repository.format-newer` for kinds that this program does not know: what they forbid cannot be honoured. */
export function decodeChange(kind: string, body: JsonObject): StateChange {
  switch (kind) {
    case 'policy':
      return { kind, lock: decodePolicy(body['lock']), ...decodeStateUntil(body) }
    case 'locks':
      return decodeLocks(body)
    case 'hold': {
      const text = { name: stringOf(body['name'], what), reason: stringOf(body['reason'], what) }
      return { kind, ...text, snapshots: idsOf(body['snapshots']), packs: idsOf(body['packs']) }
    }
    case 'release':
      return { kind, name: stringOf(body['name'], what) }
    case 'candidates':
      return { kind, recorded: arrayOf(body['recorded'], what).map(decodeCandidate), forgotten: idsOf(body['forgotten']) }
    case 'known':
      return {
        kind,
        added: handlesOf(body['added']),
        removed: handlesOf(body['removed']),
        ...(body['documents'] === undefined ? {} : { documents: decodeDocuments(body['documents']) }),
      }
    case 'checkpoint':
      return { kind, state: decodeState(body) }
    default:
      throw new CoffreError(
        'repository.format-newer',
        `the vault's state has a record of the kind ${JSON.stringify(kind)}, which is not known here`,
        {
          hint: 'Update Coffre.',
        },
      )
  }
}

function decodeLocks(body: JsonObject): LocksChange {
  const files = arrayOf(body['files'], what).map(decodeFile)
  const points = decodeTimes(body['points'])
  return { kind: 'locks', files, points, ...decodeStateUntil(body) }
}

function encodeState(state: VaultState): JsonObject {
  const holds = [...state.holds.values()].map((hold) => ({
    name: hold.name,
    reason: hold.reason,
    since: secondsOf(hold.sinceMs),
    snapshots: [...hold.snapshots],
    packs: [...hold.packs],
  }))
  return {
    lock: state.lock ?? null,
    files: [...state.ledger.values()].map(encodeFile),
    points: encodeTimes(state.points),
    ...stateUntil(state.stateUntilMs),
    holds,
    candidates: [...state.candidates.values()].map(encodeCandidate),
    snapshots: [...state.known.snapshots],
    keys: [...state.known.keys],
    retired: [...state.retired],
    ...(state.documents.size === 0 ? {} : { documents: encodeDocuments(state.documents) }),
  }
}

function decodeState(body: JsonObject): VaultState {
  const files = arrayOf(body['files'], what).map(decodeFile)
  const holds = arrayOf(body['holds'], what).map(decodeHold)
  const candidates = arrayOf(body['candidates'], what).map(decodeCandidate)
  const { stateUntilMs } = decodeStateUntil(body)
  return {
    ...emptyVaultState,
    lock: decodePolicy(body['lock']),
    ledger: new Map(files.map((file) => [ledgerKey(file), file])),
    points: decodeTimes(body['points']),
    stateUntilMs,
    holds: new Map(holds.map((hold) => [hold.name, hold])),
    candidates: new Map(candidates.map((candidate) => [candidate.pack, candidate])),
    known: { snapshots: new Set(idsOf(body['snapshots'])), keys: new Set(idsOf(body['keys'])) },
    retired: new Set(idsOf(body['retired'])),
    documents: decodeDocuments(body['documents'] ?? []),
  }
}

function decodeHold(value: unknown): Hold {
  const raw = objectOf(value, what)
  return {
    name: stringOf(raw['name'], what),
    reason: stringOf(raw['reason'], what),
    sinceMs: wholeNumberOf(raw['since'], what) * 1000,
    snapshots: new Set(idsOf(raw['snapshots'])),
    packs: new Set(idsOf(raw['packs'])),
  }
}

/** In milliseconds, as sessions are compared with them. */
function encodeCandidate({ pack, reason, markedMs, swappedMs }: PruneCandidate): readonly unknown[] {
  return [pack, reason, Math.floor(markedMs), ...(swappedMs === undefined ? [] : [Math.floor(swappedMs)])]
}

function decodeCandidate(value: unknown): PruneCandidate {
  const [pack, reason, marked, swapped] = arrayOf(value, what)
  if (reason !== 'unused' && reason !== 'repacked' && reason !== 'unindexed')
    throw damaged(what, `${String(reason)} is no reason to prune`)
  const times = {
    markedMs: wholeNumberOf(marked, what),
    ...(swapped === undefined ? {} : { swappedMs: wholeNumberOf(swapped, what) }),
  }
  return { pack: idOf(pack, what), reason, ...times }
}

function decodePolicy(value: unknown): LockPolicy | undefined {
  if (value === undefined || value === null) return undefined
  const raw = objectOf(value, what)
  return { mode: modeOf(raw['mode']), days: wholeNumberOf(raw['days'], what), daysMax: wholeNumberOf(raw['daysMax'], what) }
}

function encodeFile(file: LockedFile): readonly unknown[] {
  return [file.type, file.name, file.versionId, file.mode, secondsOf(file.untilMs)]
}

function decodeFile(value: unknown): LockedFile {
  const [type, name, versionId, mode, until] = arrayOf(value, what)
  return {
    ...handleOf(type, name),
    versionId: stringOf(versionId, what),
    mode: modeOf(mode),
    untilMs: wholeNumberOf(until, what) * 1000,
  }
}

function encodeDocuments(documents: ReadonlyMap<string, StoredDocument>): readonly unknown[] {
  return [...documents].map(([name, { file, content, untilMs }]) => [
    name,
    file,
    content,
    ...(untilMs === undefined ? [] : [secondsOf(untilMs)]),
  ])
}

function decodeDocuments(value: unknown): ReadonlyMap<string, StoredDocument> {
  const pairs = arrayOf(value, what).map((entry): [string, StoredDocument] => {
    const [name, file, content, until] = arrayOf(entry, what)
    const term = until === undefined ? {} : { untilMs: wholeNumberOf(until, what) * 1000 }
    return [stringOf(name, what), { file: idOf(file, what), content: idOf(content, what), ...term }]
  })
  return new Map(pairs)
}

function encodeHandle(file: FileHandle): readonly string[] {
  return [file.type, file.name]
}

function handlesOf(value: unknown): FileHandle[] {
  return arrayOf(value, what).map((pair) => {
    const [type, name] = arrayOf(pair, what)
    return handleOf(type, name)
  })
}

function handleOf(type: unknown, name: unknown): FileHandle {
  const known: FileType | undefined = fileTypes.find((candidate) => candidate === type)
  if (known === undefined) throw damaged(what, `${String(type)} is no type of file`)
  return { type: known, name: stringOf(name, what) }
}

function encodeTimes(times: ReadonlyMap<Id, number>): readonly (readonly [Id, number])[] {
  return [...times].map(([id, timeMs]) => [id, secondsOf(timeMs)])
}

function decodeTimes(value: unknown): ReadonlyMap<Id, number> {
  const pairs = arrayOf(value, what).map((pair): [Id, number] => {
    const [id, seconds] = arrayOf(pair, what)
    return [idOf(id, what), wholeNumberOf(seconds, what) * 1000]
  })
  return new Map(pairs)
}

function stateUntil(stateUntilMs: number | undefined): JsonObject {
  return stateUntilMs === undefined ? {} : { stateUntil: secondsOf(stateUntilMs) }
}

function decodeStateUntil(body: JsonObject): { readonly stateUntilMs?: number } {
  const seconds = wholeNumberOf(body['stateUntil'], what)
  return seconds === 0 ? {} : { stateUntilMs: seconds * 1000 }
}

function secondsOf(timeMs: number): number {
  return Math.floor(timeMs / 1000)
}

function idsOf(value: unknown): Id[] {
  return arrayOf(value, what).map((id) => idOf(id, what))
}

function modeOf(value: unknown): RetentionMode {
  if (value === 'governance' || value === 'compliance') return value
  throw damaged(what, `${String(value)} is no retention mode`)
}
