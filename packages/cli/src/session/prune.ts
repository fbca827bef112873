import {
  executePrune,
  executePruneOnFullDisk,
  heldAt,
  loadVaultState,
  type PruneOptions,
  type PrunePhase,
  planPrune,
} from '@coffre/repository'
import type { Call } from '../command.ts'
import { formatPercent } from '../output/amounts.ts'
import { printPruneStats } from '../output/prune-stats-text.ts'
import type { Session } from './open-session.ts'

export interface PruneWish extends PruneOptions {
  readonly dryRun: boolean
  /** The disk is full: remove before anything is written. */
  readonly onFullDisk?: boolean
}

const phaseNames = {
  'index': 'prune.phase.index',
  'trees': 'prune.phase.trees',
  'repack': 'prune.phase.repack',
  'rewrite-index': 'prune.phase.rewriteIndex',
  'remove-indexes': 'prune.phase.removeIndexes',
  'remove-packs': 'prune.phase.removePacks',
} as const satisfies Record<PrunePhase, string>

/** Removes what no snapshot needs, under the exclusive lock that the session holds, and honours what the vault's state holds. */
export async function prune({ repository, signal }: Session, wish: PruneWish, call: Pick<Call, 'output' | 'texts'>): Promise<void> {
  const { output, texts } = call
  const { dryRun, onFullDisk = false, ...options } = wish
  const held = heldAt(await loadVaultState(repository, signal), repository.context.clock.nowMs())
  let line = ''
  const onProgress = (phase: PrunePhase, done: number, total: number): void => {
    line = texts.say('prune.progress', { phase: texts.say(phaseNames[phase]), done, total, percent: formatPercent(done, total) })
  }
  const hide = output.showProgress({ line: () => line })
  try {
    const repacking = onFullDisk ? { maxRepackBytes: 0 } : {}
    const plan = await planPrune(repository, { ...options, ...repacking, held, onProgress }, signal)
    printPruneStats(plan.stats, dryRun, call)
    if (dryRun) return
    if (onFullDisk) await executePruneOnFullDisk(repository, plan, { onProgress }, signal)
    else
      await executePrune(
        repository,
        plan,
        { onProgress, ...(options.packBytes === undefined ? {} : { packBytes: options.packBytes }) },
        signal,
      )
  } finally {
    hide()
  }
  output.note(texts.say('prune.done'))
}
