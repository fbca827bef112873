import type { Repository } from '@coffre/repository'
import { currentPoints, type LogPoint, listLogPoints } from './fold/log-point.ts'
import { listTails } from './tail/list-tails.ts'
import type { TailFile } from './tail/stored-tail.ts'
import { followTails, type TailChain } from './tail/tail-chain.ts'

/** What the vault holds of a stream, as its names and headers tell. */
export interface LoadedChain {
  /** All points, superseded ones too. */
  readonly points: readonly LogPoint[]
  /** The point that goes furthest of all. */
  readonly latest: LogPoint | undefined
  readonly files: readonly TailFile[]
  /** The tails after the latest point. */
  readonly chain: TailChain
}

const attemptsMax = 4

/** Lists and follows. What seems to be missing may have been folded and retired meanwhile: then it is looked for again. */
export async function loadChain(repository: Repository, stream: string, signal: AbortSignal): Promise<LoadedChain> {
  let loaded = await loadOnce(repository, stream, signal)
  for (let attempt = 1; loaded.chain.problem !== undefined && attempt < attemptsMax; attempt++) {
    const again = await loadOnce(repository, stream, signal)
    if (namesOf(again) === namesOf(loaded)) return again
    loaded = again
  }
  return loaded
}

async function loadOnce(repository: Repository, stream: string, signal: AbortSignal): Promise<LoadedChain> {
  // Tails first: those that are folded in between are then too many, and not too few.
  const files = await listTails(repository, stream, signal)
  const points = await listLogPoints(repository, stream, signal)
  const latest = currentPoints(points).reduce<LogPoint | undefined>(
    (best, point) => (best === undefined || point.tail.number >= best.tail.number ? point : best),
    undefined,
  )
  const start = latest && { ...latest.tail, epoch: latest.epoch }
  return { points, latest, files, chain: await followTails(repository, stream, files, start, signal) }
}

function namesOf({ points, files }: LoadedChain): string {
  return [...points.map(({ id }) => id), ...files.map(({ file }) => file.name)].join('\n')
}
