import { goJsonString } from './go-json.ts'
import {
  arrayOf,
  damaged,
  idOf,
  type JsonObject,
  objectOf,
  parseJsonObject,
  stringOf,
  timestampOf,
  wholeNumberOf,
} from './json-fields.ts'
import type { Snapshot, SnapshotSummary } from './snapshot.ts'

type MutableSnapshot = { -readonly [Field in keyof Snapshot]: Snapshot[Field] }

/** A snapshot file's content, byte for byte as restic 0.18 would write it. */
export function encodeSnapshot(snapshot: Snapshot): Buffer {
  const { time, parent, tree, hostname, username, uid, gid, excludes, tags, original, programVersion, summary } = snapshot
  let json = `{"time":"${time}"`
  if (parent !== undefined) json += `,"parent":"${parent}"`
  json += `,"tree":"${tree}","paths":${encodeStrings(snapshot.paths)}`
  if (hostname) json += `,"hostname":${goJsonString(hostname)}`
  if (username) json += `,"username":${goJsonString(username)}`
  if (uid) json += `,"uid":${uid}`
  if (gid) json += `,"gid":${gid}`
  if (excludes?.length) json += `,"excludes":${encodeStrings(excludes)}`
  if (tags?.length) json += `,"tags":${encodeStrings(tags)}`
  if (original !== undefined) json += `,"original":"${original}"`
  if (programVersion) json += `,"program_version":${goJsonString(programVersion)}`
  if (summary !== undefined) json += `,"summary":${encodeSummary(summary)}`
  return Buffer.from(`${json}}`)
}

/** The snapshot in a snapshot file. Fields that restic does not have are dropped, as restic does. */
export function decodeSnapshot(content: Uint8Array): Snapshot {
  const what = 'a snapshot'
  const raw = parseJsonObject(content, what)
  if (raw['tree'] === undefined || raw['tree'] === null) throw damaged(what, 'it has no tree')
  const snapshot: MutableSnapshot = {
    time: timestampOf(raw['time'], what),
    tree: idOf(raw['tree'], what),
    paths: decodeStrings(raw['paths'], what),
  }
  if (raw['parent']) snapshot.parent = idOf(raw['parent'], what)
  if (raw['hostname']) snapshot.hostname = stringOf(raw['hostname'], what)
  if (raw['username']) snapshot.username = stringOf(raw['username'], what)
  if (raw['uid']) snapshot.uid = wholeNumberOf(raw['uid'], what)
  if (raw['gid']) snapshot.gid = wholeNumberOf(raw['gid'], what)
  if (raw['excludes']) snapshot.excludes = decodeStrings(raw['excludes'], what)
  if (raw['tags']) snapshot.tags = decodeStrings(raw['tags'], what)
  if (raw['original']) snapshot.original = idOf(raw['original'], what)
  if (raw['program_version']) snapshot.programVersion = stringOf(raw['program_version'], what)
  if (raw['summary']) snapshot.summary = decodeSummary(objectOf(raw['summary'], what))
  return snapshot
}

function encodeStrings(list: readonly string[]): string {
  return `[${list.map(goJsonString).join()}]`
}

function decodeStrings(value: unknown, what: string): string[] {
  return arrayOf(value, what).map((item) => stringOf(item, what))
}

/** The numbers of a summary in the order of their writing. */
const summaryNumbers = [
  ['files_new', 'filesNew'],
  ['files_changed', 'filesChanged'],
  ['files_unmodified', 'filesUnmodified'],
  ['dirs_new', 'dirsNew'],
  ['dirs_changed', 'dirsChanged'],
  ['dirs_unmodified', 'dirsUnmodified'],
  ['data_blobs', 'dataBlobs'],
  ['tree_blobs', 'treeBlobs'],
  ['data_added', 'dataAdded'],
  ['data_added_packed', 'dataAddedPacked'],
  ['total_files_processed', 'totalFilesProcessed'],
  ['total_bytes_processed', 'totalBytesProcessed'],
] as const

function encodeSummary(summary: SnapshotSummary): string {
  const numbers = summaryNumbers.map(([field, property]) => `"${field}":${summary[property]}`)
  return `{"backup_start":"${summary.backupStart}","backup_end":"${summary.backupEnd}",${numbers.join()}}`
}

function decodeSummary(raw: JsonObject): SnapshotSummary {
  const what = "a snapshot's summary"
  const numbers = summaryNumbers.map(([field, property]) => [property, wholeNumberOf(raw[field], what)] as const)
  return {
    backupStart: timestampOf(raw['backup_start'], what),
    backupEnd: timestampOf(raw['backup_end'], what),
    ...(Object.fromEntries(numbers) as Omit<SnapshotSummary, 'backupStart' | 'backupEnd'>),
  }
}
