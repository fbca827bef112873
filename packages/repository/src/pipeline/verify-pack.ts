import { isCoffreError } from '@coffre/foundation'
import type { Region } from '../crypto/region.ts'
import { sealOverheadBytes } from '../crypto/sealer.ts'
import { type PackedBlob, parsePackHeader } from '../pack/pack-header.ts'
import type { VerifyJob, VerifyProblem, VerifyResult } from './jobs.ts'
import type { KernelParts } from './kernel-parts.ts'

/**
 * Reads every byte of a pack: its header, each blob against its id, all of it against the index, and its hash against its name. The
 * seals of header and blobs cover all bytes, so that only a pack which somebody with the key sealed anew needs the last one.
 */
export function verifyPack(job: VerifyJob, parts: KernelParts): VerifyResult {
  const problems: VerifyProblem[] = []
  const source = parts.primitives.pin(job.memory)
  const blobs = readHeader(source, job, parts, problems)
  const strangers: PackedBlob[] = []
  for (const blob of blobs) {
    const opened = parts.opener.open(source, blob)
    if (typeof opened === 'string') problems.push({ about: 'blob', blob: { id: blob.id, isTree: blob.isTree }, message: opened })
    if (!isIndexed(blob, job.packNumber, parts)) strangers.push(blob)
  }
  const [first] = strangers
  if (first !== undefined) {
    const message = `${strangers.length} of its ${blobs.length} blobs are not in the index as the pack has them, blob ${first.id} to begin with`
    problems.push({ about: 'index', blob: { id: first.id, isTree: first.isTree }, message })
  }
  if (job.hashWhole || problems.length > 0) checkName(source, job, parts, problems)
  return { problems, blobs: blobs.length }
}

function checkName(source: Region, job: VerifyJob, parts: KernelParts, problems: VerifyProblem[]): void {
  const hash = parts.primitives.allocate(32)
  parts.primitives.sha256(source, 0, job.length, hash, 0)
  const actual = hash.bytes.toString('hex', 0, 32)
  if (actual !== job.id) problems.unshift({ about: 'name', message: `its content hashes to ${actual}` })
}

function readHeader(source: Region, job: VerifyJob, parts: KernelParts, problems: VerifyProblem[]): PackedBlob[] {
  const sealedBytes = job.length < 4 ? 0 : source.bytes.readUInt32LE(job.length - 4)
  const at = job.length - 4 - sealedBytes
  if (sealedBytes < sealOverheadBytes || at < 0) {
    problems.push({ about: 'header', message: `a header of ${sealedBytes} bytes does not fit into a pack of ${job.length}` })
    return []
  }
  const header = parts.primitives.allocate(sealedBytes)
  if (!parts.sealer.open(header, 0, source, at, sealedBytes)) {
    problems.push({ about: 'header', message: 'its header fails its authentication' })
    return []
  }
  try {
    const blobs = parsePackHeader(header.bytes.subarray(0, sealedBytes - sealOverheadBytes), job.id)
    const contentBytes = blobs.reduce((sum, blob) => sum + blob.sealedBytes, 0)
    if (contentBytes !== at) problems.push({ about: 'header', message: `its header accounts for ${contentBytes} of ${at} bytes` })
    return blobs
  } catch (error) {
    if (!isCoffreError(error)) throw error
    problems.push({ about: 'header', message: error.message })
    return []
  }
}

function isIndexed(blob: PackedBlob, pack: number, parts: KernelParts): boolean {
  const { id, isTree, offset, sealedBytes, rawBytes } = blob
  return parts.index.isAt(id, isTree, { pack, offset, sealedBytes, rawBytes })
}
