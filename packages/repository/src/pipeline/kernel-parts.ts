import type { Cutter } from '../chunk/cutter.ts'
import type { Primitives } from '../crypto/primitives.ts'
import type { Sealer } from '../crypto/sealer.ts'
import type { BlobIndex } from '../index/blob-index.ts'
import type { LocalFiles } from '../local/local-files.ts'
import type { CutKind } from './jobs.ts'
import type { PieceOpener } from './open-piece.ts'
import type { PackAssembler } from './pack-assembler.ts'

/** What the jobs of one thread work with. */
export interface KernelParts {
  readonly primitives: Primitives
  readonly sealer: Sealer
  readonly index: BlobIndex
  readonly files: LocalFiles
  readonly assembler: PackAssembler
  readonly opener: PieceOpener
  readonly newCutter: (kind: CutKind) => Cutter
}
