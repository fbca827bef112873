import { type LoadIndexOptions, loadIndex, loadVaultState, type RepositoryIndex } from '@coffre/repository'
import type { Call } from '../command.ts'
import { formatPercent } from '../output/amounts.ts'
import type { Session } from './open-session.ts'

/** Reads the index, showing how far it is. */
export async function loadIndexOf(
  session: Pick<Session, 'repository' | 'signal'>,
  { output, texts }: Pick<Call, 'output' | 'texts'>,
  options: Omit<LoadIndexOptions, 'onProgress'> = {},
): Promise<RepositoryIndex> {
  let [done, total] = [0, 0]
  const onProgress = (filesDone: number, filesTotal: number): void => {
    done = filesDone
    total = filesTotal
  }
  const hide = output.showProgress({
    line: () => texts.say('progress.index', { percent: formatPercent(done, total), done, total }),
  })
  try {
    return await loadIndex(session.repository, { ...options, onProgress }, session.signal)
  } finally {
    hide()
  }
}

/** The index as a writer may rely on it: packs that are not there, or that a prune is about to remove (rule P1), do not count. */
export async function loadWriterIndex(
  session: Pick<Session, 'repository' | 'signal'>,
  call: Pick<Call, 'output' | 'texts'>,
): Promise<RepositoryIndex> {
  const { candidates } = await loadVaultState(session.repository, session.signal)
  return loadIndexOf(session, call, { trustOnlyListedPacks: true, withoutPacks: new Set(candidates.keys()) })
}
