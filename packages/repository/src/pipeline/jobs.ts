import type { MasterKey } from '../crypto/sealer.ts'
import type { ExtendedAttribute } from '../format/node.ts'
import type { FileOperation } from '../local/file-system-error.ts'
import type { FileStatus } from '../local/local-files.ts'
import type { FinishedPack } from './pack-assembler.ts'

/** How content is cut: where its bytes suggest it, or every 512 KiB for files that are rewritten in pages. */
export type CutKind = 'content' | 'fixed'

/** Look at folders and what is in them: names, status, attributes, links. Nothing is stored. */
export interface ScanJob {
  readonly kind: 'scan'
  readonly path: string
  /** Inner folders are looked at as well, until so many entries have been seen. */
  readonly entriesMax: number
}

/** A folder as a scan found it; entries in the order of their names' bytes. */
export interface ScannedFolder {
  readonly path: string
  readonly names: readonly string[]
  /** Sixteen numbers an entry; see scan-encoding.ts. */
  readonly statuses: Float64Array
  /** Entries with numbers beyond 2^53. */
  readonly large: readonly (readonly [entry: number, status: FileStatus])[]
  readonly links: readonly (readonly [entry: number, target: string])[]
  readonly attributes: readonly (readonly [entry: number, attributes: readonly ExtendedAttribute[]])[]
  readonly failures: readonly ScanFailure[]
}

/** What could not be read: the folder itself (`entry` -1), an entry, or only some of its metadata. */
export interface ScanFailure {
  readonly entry: number
  readonly isFatal: boolean
  readonly operation: FileOperation
  readonly errno: string
}

export interface ScanResult {
  readonly folders: readonly ScannedFolder[]
  /** Inner folders that were seen but not looked at, in the order of a walk. */
  readonly rest: readonly string[]
}

/** Store whole files, read by the worker itself. */
export interface FilesJob {
  readonly kind: 'files'
  readonly paths: readonly string[]
  readonly cuts: readonly CutKind[]
  /** What their status said; reading stops there without asking for more. */
  readonly expectedBytes: readonly number[]
}

/** Store a part of one file in fixed cuts. */
export interface RangeJob {
  readonly kind: 'range'
  readonly path: string
  readonly offset: number
  readonly length: number
}

/** Store pieces of shared memory, each one blob. */
export interface PiecesJob {
  readonly kind: 'pieces'
  readonly isTree: boolean
  readonly memory: SharedArrayBuffer
  /** Offset and length of each piece, one after the other. */
  readonly pieces: readonly number[]
}

/** Complete all open packs. */
export interface FinishJob {
  readonly kind: 'finish'
}

/** One blob inside loaded pack bytes. */
export interface SealedPiece {
  readonly id: string
  readonly offset: number
  readonly sealedBytes: number
  readonly rawBytes: number
}

/** Where the content of a piece has to be written. */
export interface WriteTarget {
  /** Index into the job's `paths`. */
  readonly path: number
  readonly offset: number
}

/** Open, verify and write blobs to local files. */
export interface ExtractJob {
  readonly kind: 'extract'
  readonly memory: SharedArrayBuffer
  readonly paths: readonly string[]
  /** For each path: create the file (it has no other blob), or open the one that exists. */
  readonly creates: readonly boolean[]
  readonly pieces: readonly SealedPiece[]
  /** For each piece its targets. */
  readonly targets: readonly (readonly WriteTarget[])[]
  /** Leave blocks of zeros unwritten. */
  readonly sparse: boolean
}

/** Read a whole pack against its name, its header and the index. */
export interface VerifyJob {
  readonly kind: 'verify'
  readonly memory: SharedArrayBuffer
  readonly length: number
  readonly id: string
  readonly packNumber: number
  /** Compare the hash of the whole with the name even if everything in the pack is in order. */
  readonly hashWhole: boolean
}

/** Open, verify and store again the chosen blobs of loaded pack bytes. */
export interface RepackJob {
  readonly kind: 'repack'
  readonly memory: SharedArrayBuffer
  readonly isTree: readonly boolean[]
  readonly pieces: readonly SealedPiece[]
  /** The key of the repository that the pieces come from, when it is another one: only what the index lacks is stored then. */
  readonly from?: MasterKey
}

/** A stretch of a local file and the blob that it should be. */
export interface FilePart {
  readonly path: number
  readonly offset: number
  readonly length: number
  readonly id: string
}

/** Compare stretches of local files with what they should hold; those of one file lie together. */
export interface CompareJob {
  readonly kind: 'compare'
  readonly paths: readonly string[]
  readonly parts: readonly FilePart[]
}

export interface CompareResult {
  /** For each part whether it is as it should be. */
  readonly matches: readonly boolean[]
  readonly failures: readonly (readonly [path: number, failure: Failure])[]
}

export type Job = FilesJob | RangeJob | PiecesJob | FinishJob | ExtractJob | VerifyJob | RepackJob | CompareJob | ScanJob

/** What was stored newly by a job. */
export interface StoredCounts {
  readonly dataBlobs: number
  readonly treeBlobs: number
  readonly rawBytes: number
  readonly packedBytes: number
}

export interface Failure {
  /** The errno's name or the error's code. */
  readonly code: string
  readonly message: string
}

export interface FilesResult {
  /** The ids of all chunks of all files, 32 bytes each. */
  readonly ids: Uint8Array
  /** Chunks of each file. */
  readonly chunkCounts: readonly number[]
  /** Bytes read of each file. */
  readonly sizes: readonly number[]
  /** Files that could not be read; their chunks are not to be used. */
  readonly failures: readonly (readonly [file: number, failure: Failure])[]
  readonly stored: StoredCounts
}

export interface IdsResult {
  readonly ids: Uint8Array
  readonly stored: StoredCounts
  /** For a range: how many bytes were there. */
  readonly bytes: number
}

export interface ExtractResult {
  readonly writtenBytes: number
  /** Pieces that are damaged, and targets that could not be written. */
  readonly damaged: readonly (readonly [piece: number, message: string])[]
  readonly failures: readonly (readonly [path: number, failure: Failure])[]
}

/** What is wrong with a pack: its content as a whole, its header, one of its blobs, or what the index says of it. */
export interface VerifyProblem {
  readonly about: 'name' | 'header' | 'blob' | 'index'
  /** The blob in question, or the first of several. */
  readonly blob?: { readonly id: string; readonly isTree: boolean }
  readonly message: string
}

export interface VerifyResult {
  readonly problems: readonly VerifyProblem[]
  /** Blobs that the header lists. */
  readonly blobs: number
}

export interface RepackResult {
  readonly damaged: readonly (readonly [piece: number, message: string])[]
  readonly stored: StoredCounts
}

export type ResultOf<J extends Job> = J extends FilesJob
  ? FilesResult
  : J extends RangeJob | PiecesJob
    ? IdsResult
    : J extends ExtractJob
      ? ExtractResult
      : J extends VerifyJob
        ? VerifyResult
        : J extends RepackJob
          ? RepackResult
          : J extends CompareJob
            ? CompareResult
            : J extends ScanJob
              ? ScanResult
              : StoredCounts

/** A finished pack on its way between threads: the slot by its number, or its own memory. */
export interface PackMessage extends Omit<FinishedPack, 'slot'> {
  readonly slotNumber: number
  readonly memory: SharedArrayBuffer
}
