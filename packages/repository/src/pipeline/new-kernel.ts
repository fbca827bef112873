import type { Cutter } from '../chunk/cutter.ts'
import { FixedCutter } from '../chunk/fixed-cutter.ts'
import { GearCutter, gearTable } from '../chunk/gear-cutter.ts'
import { RabinCutter } from '../chunk/rabin-cutter.ts'
import type { Primitives } from '../crypto/primitives.ts'
import { type MasterKey, Sealer } from '../crypto/sealer.ts'
import type { BlobIndex } from '../index/blob-index.ts'
import type { LocalFiles } from '../local/local-files.ts'
import type { CutKind } from './jobs.ts'
import { Kernel } from './kernel.ts'
import { PieceOpener } from './open-piece.ts'
import { type FinishedPack, PackAssembler, type WriteVerification } from './pack-assembler.ts'
import type { PackSlots } from './pack-slots.ts'

/** How content is cut where its bytes decide: by Coffre's own keyed gear hash, or as restic would in this repository. */
export type ContentCut =
  | { readonly kind: 'gear'; readonly secret: Uint8Array }
  | { readonly kind: 'rabin'; readonly polynomial: string }

/** How a session writes; plain data, so that it can go to other threads. */
export interface WriteOptions {
  readonly level: number | undefined
  readonly canCompress: boolean
  readonly verification: WriteVerification
  readonly contentCut: ContentCut
  /** Open data packs of each thread. Where several threads share the blobs out among them at random, one is enough. */
  readonly openDataPacks: number
}

/** Puts a kernel together on the calling thread. */
export function newKernel(
  key: MasterKey,
  options: WriteOptions,
  primitives: Primitives,
  index: BlobIndex,
  slots: PackSlots,
  files: LocalFiles,
  randomInteger: (below: number) => number,
  emit: (pack: FinishedPack) => void,
): Kernel {
  const sealer = new Sealer(key, primitives)
  const assembler = new PackAssembler(primitives, sealer, index, slots, { ...options, randomInteger }, emit)
  const opener = new PieceOpener(primitives, sealer)
  return new Kernel({ primitives, sealer, index, files, assembler, opener, newCutter: cutterFactory(options.contentCut) })
}

/** Makes cutters; tables are computed once. */
export function cutterFactory(contentCut: ContentCut): (kind: CutKind) => Cutter {
  const fixed = new FixedCutter()
  const content = contentCut.kind === 'gear' ? gearFactory(contentCut.secret) : () => new RabinCutter(contentCut.polynomial)
  return (kind) => (kind === 'fixed' ? fixed : content())
}

function gearFactory(secret: Uint8Array): () => Cutter {
  const table = gearTable(secret)
  return () => new GearCutter(table)
}
