import { CoffreError } from '@coffre/foundation'
import { sealOverheadBytes } from '../crypto/sealer.ts'
import type { Id } from '../format/node.ts'
import { type PackedBlob, parsePackHeader } from '../pack/pack-header.ts'
import type { Repository } from '../repository/repository.ts'

const lengthBytes = 4
/** Read at first: enough for some 1,500 blobs. */
const tailBytes = 64 * 1024
const headerBytesMax = 16 * 1024 * 1024

/** What a pack of this size says that is in it; `repository.damaged` when the header is not there, or does not account for every byte. */
export async function readPackHeader(
  repository: Repository,
  name: Id,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<PackedBlob[]> {
  const load = (length: number): Promise<Uint8Array> =>
    repository.backend.load({ type: 'pack', name }, { offset: sizeBytes - length, length }, signal)
  let tail = Buffer.from(await load(Math.min(sizeBytes, tailBytes)))
  const sealedBytes = tail.length < lengthBytes ? 0 : tail.readUInt32LE(tail.length - lengthBytes)
  const wantedBytes = sealedBytes + lengthBytes
  if (sealedBytes < sealOverheadBytes || sealedBytes > headerBytesMax || wantedBytes > sizeBytes) {
    throw damagedHeader(name, `a header of ${sealedBytes} bytes does not fit into a pack of ${sizeBytes}`)
  }
  if (wantedBytes > tail.length) tail = Buffer.from(await load(wantedBytes))
  const header = repository.workbench.open(tail.subarray(tail.length - wantedBytes, tail.length - lengthBytes))
  if (header === undefined) throw damagedHeader(name, 'it fails its authentication')
  const blobs = parsePackHeader(header, name)
  const contentBytes = blobs.reduce((sum, blob) => sum + blob.sealedBytes, 0)
  if (contentBytes + wantedBytes !== sizeBytes) {
    throw damagedHeader(name, `it accounts for ${contentBytes + wantedBytes} of ${sizeBytes} bytes`)
  }
  return blobs
}

function damagedHeader(name: Id, problem: string): CoffreError {
  return new CoffreError('repository.damaged', `the header of pack ${name} is damaged: ${problem}`, {
    hint: `Save what can be saved with \`coffre repo repair packs ${name}\`.`,
  })
}
