import type { ByteString } from '@coffre/foundation'
import type { Node } from '../format/node.ts'

/** One blob of a file: where it belongs. */
export interface PlannedBlob {
  /** The blob's entry in the index. */
  readonly entry: number
  readonly offset: number
}

/** A file whose content has to be written, and what is left to write of it. */
export interface PlannedFile {
  readonly node: Node
  readonly path: ByteString
  readonly location: ByteString
  readonly sizeBytes: number
  /** True when the worker that writes its only blob may create it. */
  readonly isFresh: boolean
  pendingBlobs: number
  failed: boolean
}

/** What a pack has to give: entry → the files and offsets that want it. */
export type PackPlan = Map<number, PlannedTarget[]>

export interface PlannedTarget {
  readonly file: PlannedFile
  readonly offset: number
}

/** The work of one window of files, by pack, in the order in which the packs were first needed. */
export class RestorePlan {
  readonly packs = new Map<number, PackPlan>()
  readonly files: PlannedFile[] = []
  contentBytes = 0

  add(file: PlannedFile, blobs: readonly PlannedBlob[], packOf: (entry: number) => number): void {
    this.files.push(file)
    this.contentBytes += file.sizeBytes
    for (const { entry, offset } of blobs) {
      const number = packOf(entry)
      let pack = this.packs.get(number)
      if (pack === undefined) {
        pack = new Map()
        this.packs.set(number, pack)
      }
      const targets = pack.get(entry)
      if (targets === undefined) pack.set(entry, [{ file, offset }])
      else targets.push({ file, offset })
    }
  }
}
