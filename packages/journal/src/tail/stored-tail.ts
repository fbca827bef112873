import type { Position } from '@coffre/connector'
import { isCoffreError } from '@coffre/foundation'
import { type Repository, sealOverheadBytes } from '@coffre/repository'
import type { ByteRange, FileHandle } from '@coffre/storage'
import { frameBytesMax } from './frame-codec.ts'
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

export function rangeOf({ header }: StoredTail): { readonly after: Position; readonly through: Position } {
  const { branch, after, through } = header
  return { after: { branch, offset: after }, through: { branch, offset: through } }
}

export function describeTail(stream: string, number: number): string {
  return `tail ${number} of the journal ${stream}`
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
