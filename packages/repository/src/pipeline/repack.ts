import { Sealer } from '../crypto/sealer.ts'
import type { RepackJob } from './jobs.ts'
import type { KernelParts } from './kernel.ts'
import { PieceOpener } from './open-piece.ts'

/** Stores the sound ones of the job's blobs again, in new packs. */
export function repack(job: RepackJob, parts: KernelParts): { readonly damaged: [number, string][] } {
  const source = parts.primitives.pin(job.memory)
  const { from } = job
  const opener = from === undefined ? parts.opener : new PieceOpener(parts.primitives, new Sealer(from, parts.primitives))
  const id = parts.primitives.allocate(32)
  const damaged: [number, string][] = []
  job.pieces.forEach((piece, at) => {
    const opened = opener.open(source, piece)
    if (typeof opened === 'string') {
      damaged.push([at, opened])
      return
    }
    id.bytes.write(piece.id, 0, 'hex')
    const isTree = job.isTree[at] ?? false
    if (from === undefined) parts.assembler.addAgain(isTree, opened.region, opened.offset, opened.length, id, 0)
    else parts.assembler.add(isTree, opened.region, opened.offset, opened.length, id, 0)
  })
  return { damaged }
}
