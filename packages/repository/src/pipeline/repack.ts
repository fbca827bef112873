import { type MasterKey, Sealer } from '../crypto/sealer.ts'
import type { RepackJob } from './jobs.ts'
import type { KernelParts } from './kernel-parts.ts'
import { PieceOpener } from './open-piece.ts'

/** Stores the sound ones of the job's blobs again, in new packs. */
export function repack(job: RepackJob, parts: KernelParts): { readonly damaged: [number, string][] } {
  const source = parts.primitives.pin(job.memory)
  const { from } = job
  const opener = from === undefined ? parts.opener : openerFor(from, parts)
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

interface ForeignOpener {
  readonly key: MasterKey
  readonly opener: PieceOpener
}

/** A thread copies from one repository for long; its opener's memory is kept. */
const foreignOpeners = new WeakMap<KernelParts, ForeignOpener>()

function openerFor(key: MasterKey, parts: KernelParts): PieceOpener {
  const known = foreignOpeners.get(parts)
  if (known !== undefined && isSameKey(known.key, key)) return known.opener
  const opener = new PieceOpener(parts.primitives, new Sealer(key, parts.primitives))
  foreignOpeners.set(parts, { key, opener })
  return opener
}

function isSameKey(a: MasterKey, b: MasterKey): boolean {
  return [[a.encrypt, b.encrypt] as const, [a.macK, b.macK] as const, [a.macR, b.macR] as const].every(
    ([x, y]) => Buffer.compare(x, y) === 0,
  )
}
