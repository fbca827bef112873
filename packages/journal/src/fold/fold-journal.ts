import type { LogFormat } from '@coffre/connector'
import { loadIndex, loadVaultState, type Repository, type RepositoryIndex } from '@coffre/repository'
import { JournalReader } from '../read/journal-reader.ts'
import { LogContent } from '../read/log-content.ts'
import { EpochFold } from './fold-epoch.ts'
import type { FoldedPoint, FoldOptions, FoldOutcome, FoldSession } from './fold-options.ts'

/**
 * Lays the log that waits in tails out as the engine's own files, in the points of its days: the open day's is made anew and closed
 * days follow each other. What was stored is read back and compared with the tails before this resolves, so that `retireFolded` may
 * have them removed. A fold that was interrupted is done again by the next one. One at a time for a stream; the journal may be written
 * meanwhile, and read.
 */
export async function foldJournal(
  session: FoldSession,
  format: LogFormat,
  options: FoldOptions,
  signal: AbortSignal,
): Promise<FoldOutcome> {
  const both = AbortSignal.any([signal, session.signal])
  const { repository } = session
  const { stream } = options
  repository.assertWritable()
  const index = options.index ?? (await loadWriterIndex(repository, both))
  const points: FoldedPoint[] = []
  for (const content of await LogContent.loadAll(repository, index, stream, both)) {
    const fold = new EpochFold(session, index, content, format, options, both)
    const made = await fold.fold()
    points.push(...made)
    if (made.length > 0) await readBack(repository, index, format, fold, content, both)
  }
  const tail = await foldedTail(repository, index, stream, both)
  return { stream, points, tail }
}

/** Packs that a prune is about to remove do not count (rule P1). */
async function loadWriterIndex(repository: Repository, signal: AbortSignal): Promise<RepositoryIndex> {
  const { candidates } = await loadVaultState(repository, signal)
  return loadIndex(repository, { trustOnlyListedPacks: true, withoutPacks: new Set(candidates.keys()) }, signal)
}

async function readBack(
  repository: Repository,
  index: RepositoryIndex,
  format: LogFormat,
  { runs }: EpochFold,
  { stream, epoch }: LogContent,
  signal: AbortSignal,
): Promise<void> {
  const reader = await JournalReader.open(repository, index, format, { stream, epoch }, signal)
  for (const { branch, after, through } of runs) {
    for await (const _ of reader.readOnBranch(after, { branch, offset: through }, signal));
  }
}

async function foldedTail(repository: Repository, index: RepositoryIndex, stream: string, signal: AbortSignal) {
  const contents = await LogContent.loadAll(repository, index, stream, signal)
  return contents
    .flatMap(({ days }) => days)
    .reduce<FoldOutcome['tail']>((latest, { point }) => {
      return latest === undefined || point.tail.number >= latest.number ? point.tail : latest
    }, undefined)
}
