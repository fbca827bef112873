import { createHash } from 'node:crypto'
import type { ChangeBatch, Position } from '@coffre/connector'
import { isCoffreError } from '@coffre/foundation'
import type { Repository } from '@coffre/repository'
import type { ByteRange, FileHandle } from '@coffre/storage'
import { journalDamaged } from '../journal-error.ts'
import { frameBytesMax, logOfFrame } from './frame-codec.ts'
import { fileBytesOf, type HeadProblem, headLength, type OpenedHead, openHead } from './tail-file.ts'
import type { TailHead, TailHeader } from './tail-header.ts'
import { type TailName, tagDigits } from './tail-name.ts'

/** A file that is called like a tail. */
export interface TailFile extends TailName {
  readonly file: FileHandle
  readonly sizeBytes: number
}

/** A tail whose header is authentic and says what its name says. */
export interface StoredTail extends TailHead {
  readonly header: TailHeader
  readonly file: TailFile
  /** Where its frames begin. */
  readonly headBytes: number
  /** The version to read, where another one lies over it. */
  readonly versionId: string | undefined
}

/** What a file that is called like a tail amounts to. `short`: it was never stored whole, or its end was cut off. */
export type TailFinding = StoredTail | HeadProblem

/** Most headers fit into so much. */
const firstReadBytes = 16 << 10
const sealOverheadBytes = 32
/** More than a batch may be. */
const logBytesMax = 1 << 30

type Load = (range: ByteRange) => Promise<Uint8Array>

/** Looks at the header of a file, and at older versions of it where the one on top is not what was stored (rule L6). */
export async function findTail(repository: Repository, stream: string, file: TailFile, signal: AbortSignal): Promise<TailFinding> {
  const { backend } = repository
  const current = await tryHead(repository, stream, file, file.sizeBytes, undefined, (range) =>
    backend.load(file.file, range, signal),
  )
  if (typeof current !== 'string' || backend.objectLock === undefined) return current
  const { objectLock } = backend
  for (const { versionId, sizeBytes, isMarker } of await objectLock.versionsOf(file.file, signal)) {
    if (isMarker) continue
    const load: Load = (range) => objectLock.loadVersion(file.file, versionId, range, signal)
    const found = await tryHead(repository, stream, file, sizeBytes, versionId, load)
    if (typeof found !== 'string') return found
  }
  return current
}

/** The log of a tail, verified. `journal.damaged` when its frames are not those of its header. */
export async function logOfTail(repository: Repository, tail: StoredTail, signal: AbortSignal): Promise<ChangeBatch> {
  const { header } = tail
  const what = describeTail(header.stream, header.number)
  const log = Buffer.allocUnsafe(header.logBytes)
  const digest = createHash('sha256')
  let at = tail.headBytes
  let filled = 0
  for (const { sealedBytes, logBytes, isCompressed } of header.frames) {
    const sealed = await loadFrame(repository, tail, { offset: at, length: sealedBytes }, what, signal)
    const content = repository.workbench.open(sealed)
    if (content === undefined) throw journalDamaged(what, 'fails its authentication')
    const piece = await logOfFrame({ content, logBytes, isCompressed })
    if (piece === undefined || filled + piece.byteLength > log.length) throw journalDamaged(what, 'does not decompress')
    log.set(piece, filled)
    digest.update(piece)
    at += sealedBytes
    filled += piece.byteLength
  }
  if (filled !== log.length || digest.digest('hex') !== header.sha256) throw journalDamaged(what, 'has frames of another tail')
  return { ...rangeOf(tail), bytes: log, ...describeTime(header) }
}

export function rangeOf({ header }: StoredTail): { readonly after: Position; readonly through: Position } {
  const { branch, after, through } = header
  return { after: { branch, offset: after }, through: { branch, offset: through } }
}

export function describeTail(stream: string, number: number): string {
  return `tail ${number} of the journal ${stream}`
}

function describeTime({ marks, stamps }: TailHeader): Pick<ChangeBatch, 'mark' | 'stamps'> {
  const mark = marks.at(-1)
  return { ...(mark === undefined ? {} : { mark }), ...(stamps === undefined ? {} : { stamps }) }
}

async function tryHead(
  repository: Repository,
  stream: string,
  file: TailFile,
  sizeBytes: number,
  versionId: string | undefined,
  load: Load,
): Promise<TailFinding> {
  try {
    const head = await loadHead(sizeBytes, load)
    if (typeof head === 'string') return head
    const opened = openHead(repository, head, describeTail(stream, file.number))
    if (typeof opened === 'string') return opened
    if (!isNamed(opened, stream, file)) return 'damaged'
    const expectedBytes = fileBytesOf(opened)
    if (sizeBytes !== expectedBytes) return sizeBytes < expectedBytes ? 'short' : 'damaged'
    const { id, header, headBytes } = opened
    return { number: header.number, id, header, headBytes, file, versionId }
  } catch (error) {
    if (isCoffreError(error, 'storage.missing', 'storage.truncated')) return 'short'
    if (isCoffreError(error, 'repository.damaged', 'journal.damaged')) return 'damaged'
    throw error
  }
}

async function loadHead(sizeBytes: number, load: Load): Promise<Uint8Array | HeadProblem> {
  const start = await load({ offset: 0, length: Math.min(sizeBytes, firstReadBytes) })
  const length = headLength(start)
  if (typeof length !== 'number') return length
  if (length <= start.byteLength) return start.subarray(0, length)
  return length > sizeBytes ? 'short' : load({ offset: 0, length })
}

/** The MAC covers no name: a file is what its header says, and believed only under the name that it is for. */
function isNamed({ id, header }: OpenedHead, stream: string, file: TailFile): boolean {
  const { number, epoch, branch, after, through, frames, logBytes } = header
  if (header.stream !== stream || !id.startsWith(file.tag) || file.tag.length !== tagDigits) return false
  if (frames.some((frame) => frame.sealedBytes < sealOverheadBytes || frame.logBytes > frameBytesMax)) return false
  if (logBytes > logBytesMax) return false
  if (frames.reduce((total, frame) => total + frame.logBytes, 0) !== logBytes) return false
  return (
    number === file.number && epoch === file.epoch && branch === file.branch && after === file.after && through === file.through
  )
}

async function loadFrame(
  { backend }: Repository,
  { file, versionId }: StoredTail,
  range: ByteRange,
  what: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    if (versionId === undefined || backend.objectLock === undefined) return await backend.load(file.file, range, signal)
    return await backend.objectLock.loadVersion(file.file, versionId, range, signal)
  } catch (error) {
    if (!isCoffreError(error, 'storage.missing', 'storage.truncated')) throw error
    throw journalDamaged(what, 'is gone, or its end is', { cause: error })
  }
}
