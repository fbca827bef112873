import { type BlobReader, findFolder, type Id, type Node } from '@coffre/repository'
import { decodeHourIndex, type FoldedFile, type HourIndex, hourIndexName } from '../fold/hour-index.ts'
import { describePoint, type PointPlace } from '../fold/load-day.ts'
import { journalDamaged } from '../journal-error.ts'

/** The folder of an hour in the point of a day. */
export interface FoldedHour {
  readonly index: HourIndex
  /** Its entries in the snapshot, by name. */
  readonly nodes: ReadonlyMap<string, Node>
}

/** So many blobs of a file are on their way at the same time. */
const blobsAhead = 12
const indexBytesMax = 256 << 20

export async function loadHour(reader: BlobReader, point: PointPlace, hour: string, signal: AbortSignal): Promise<FoldedHour> {
  const what = `hour ${hour} of ${describePoint(point)}`
  const tree = await findFolder(reader, point.snapshot.tree, hour, signal)
  const nodes = new Map((await reader.tree(tree, signal)).map((node) => [node.name, node]))
  const node = nodes.get(hourIndexName)
  if (node === undefined) throw journalDamaged(what, 'does not say what its files are')
  if (Number(node.size ?? 0) > indexBytesMax) throw journalDamaged(what, 'says too much of its files')
  const chunks = await Array.fromAsync(contentOf(reader, node.content ?? [], signal))
  return { index: decodeHourIndex(Buffer.concat(chunks), what), nodes }
}

/** The content of a file of the hour, each chunk until the next one is asked for; `journal.damaged` when it is not there. */
export async function* contentOfFile(
  reader: BlobReader,
  hour: FoldedHour,
  { name, branch, after }: FoldedFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const node = hour.nodes.get(name)
  if (node?.type !== 'file') throw journalDamaged(`the file ${name} with the log after ${branch}@${after}`, 'is not in its folder')
  for await (const blob of contentOf(reader, node.content ?? [], signal)) {
    yield blob
    // Left to the garbage collector they would pile up by the hundred.
    if (blob.buffer instanceof ArrayBuffer && blob.byteLength === blob.buffer.byteLength) blob.buffer.transfer(0)
  }
}

async function* contentOf(reader: BlobReader, ids: readonly Id[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const ahead: Promise<Uint8Array>[] = []
  let next = 0
  for (let at = 0; at < ids.length; at++) {
    for (; next < Math.min(ids.length, at + blobsAhead); next++) {
      const blob = reader.blob(ids[next] ?? '', false, signal)
      // It may fail before its turn comes, or after whoever reads has left.
      blob.catch(() => undefined)
      ahead[next] = blob
    }
    const blob = ahead[at]
    if (blob !== undefined) yield await blob
    delete ahead[at]
  }
}
