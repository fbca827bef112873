import type { Id } from '../format/node.ts'
import type { ComputePool } from '../pipeline/compute-pool.ts'
import type { StoredCounts } from '../pipeline/jobs.ts'

/** Where pieces are stored, and who is told. */
export interface PieceStore {
  readonly pool: ComputePool
  readonly onStored: (stored: StoredCounts) => void
  readonly randomInteger: (below: number) => number
}

/**
 * Stores pieces of shared memory (offset and length of each, one after the other), dealt at random to two jobs, hence to two workers
 * and their packs; the ids in the order of the pieces.
 */
export async function storePieces(
  { pool, onStored, randomInteger }: PieceStore,
  memory: SharedArrayBuffer,
  pieces: readonly number[],
  signal: AbortSignal,
): Promise<Id[]> {
  const hands: { readonly places: number[]; readonly pieces: number[] }[] = [
    { places: [], pieces: [] },
    { places: [], pieces: [] },
  ]
  for (let at = 0; at < pieces.length; at += 2) {
    const hand = hands[randomInteger(hands.length)]
    hand?.places.push(at / 2)
    hand?.pieces.push(pieces[at] ?? 0, pieces[at + 1] ?? 0)
  }
  const content: Id[] = []
  const jobs = hands
    .filter((hand) => hand.places.length > 0)
    .map(async (hand) => {
      const { ids, stored } = await pool.run({ kind: 'pieces', isTree: false, memory, pieces: hand.pieces }, signal)
      onStored(stored)
      for (const [at, id] of idsOf(ids).entries()) content[hand.places[at] ?? 0] = id
    })
  await Promise.all(jobs)
  return content
}

/** 32-byte ids one after the other, as text. */
export function idsOf(bytes: Uint8Array): Id[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ids: Id[] = []
  for (let at = 0; at < view.length; at += 32) ids.push(view.toString('hex', at, at + 32))
  return ids
}
