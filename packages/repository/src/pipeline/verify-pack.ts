import { isCoffreError } from '@coffre/foundation'
import { sealOverheadBytes } from '../crypto/sealer.ts'
import type { Region } from '../crypto/region.ts'
import { type PackedBlob, parsePackHeader } from '../pack/pack-header.ts'
import type { VerifyJob, VerifyResult } from './jobs.ts'
import type { KernelParts } from './kernel.ts'

/** Reads every byte of a pack: its hash against its name, its header, each blob against its id, and all of it against the index. */
export function verifyPack(job: VerifyJob, parts: KernelParts): VerifyResult {
  const problems: string[] = []
  const source = parts.primitives.pin(job.memory)
  const hash = parts.primitives.allocate(32)
  parts.primitives.sha256(source, 0, job.length, hash, 0)
  const actual = hash.bytes.toString('hex', 0, 32)
  if (actual !== job.id) problems.push(`pack ${job.id}: content hashes to ${actual}`)

  const blobs = readHeader(source, job, parts, problems)
  for (const blob of blobs) {
    const opened = parts.opener.open(source, blob)
    if (typeof opened === 'string') problems.push(`pack ${job.id}: ${opened}`)
    if (!isIndexed(blob, job.packNumber, parts)) problems.push(`pack ${job.id}: blob ${blob.id} is not in the index as the pack has it`)
  }
  return { problems, blobs: blobs.length }
}

function readHeader(source: Region, job: VerifyJob, parts: KernelParts, problems: string[]): PackedBlob[] {
  const sealedBytes = job.length < 4 ? 0 : source.bytes.readUInt32LE(job.length - 4)
  const at = job.length - 4 - sealedBytes
  if (sealedBytes < sealOverheadBytes || at < 0) {
    problems.push(`pack ${job.id}: header length ${sealedBytes} does not fit a pack of ${job.length} bytes`)
    return []
  }
  const header = parts.primitives.allocate(sealedBytes)
  if (!parts.sealer.open(header, 0, source, at, sealedBytes)) {
    problems.push(`pack ${job.id}: the header fails its authentication`)
    return []
  }
  try {
    const blobs = parsePackHeader(header.bytes.subarray(0, sealedBytes - sealOverheadBytes), job.id)
    const contentBytes = blobs.reduce((sum, blob) => sum + blob.sealedBytes, 0)
    if (contentBytes !== at) problems.push(`pack ${job.id}: the header accounts for ${contentBytes} of ${at} bytes`)
    return blobs
  } catch (error) {
    if (!isCoffreError(error)) throw error
    problems.push(`pack ${job.id}: ${error.message}`)
    return []
  }
}

function isIndexed(blob: PackedBlob, packNumber: number, parts: KernelParts): boolean {
  return parts.index.findAllHex(blob.id, blob.isTree).some((entry) => {
    const location = parts.index.location(entry)
    return (
      location.pack === packNumber &&
      location.offset === blob.offset &&
      location.sealedBytes === blob.sealedBytes &&
      location.rawBytes === blob.rawBytes
    )
  })
}
