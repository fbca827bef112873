import type { KernelParts } from './kernel.ts'
import type { RepackJob } from './jobs.ts'

/** Stores the sound ones of the job's blobs again, in new packs. */
export function repack(job: RepackJob, parts: KernelParts): { readonly damaged: [number, string][] } {
  const source = parts.primitives.pin(job.memory)
  const id = parts.primitives.allocate(32)
  const damaged: [number, string][] = []
  job.pieces.forEach((piece, at) => {
    const opened = parts.opener.open(source, piece)
    if (typeof opened === 'string') {
      damaged.push([at, opened])
      return
    }
    id.bytes.write(piece.id, 0, 'hex')
    parts.assembler.addAgain(job.isTree[at] ?? false, opened.region, opened.offset, opened.length, id, 0)
  })
  return { damaged }
}
