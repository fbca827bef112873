import { isCoffreError } from '@coffre/foundation'
import {
  type CheckPhase,
  type CheckResult,
  checkRepository,
  type Finding,
  loadVaultState,
  parseDataSubset,
  type Repository,
  type VaultState,
  verifyLocks,
} from '@coffre/repository'
import { pathOf } from '@coffre/storage'
import { type Call, defineCommand } from '../../command.ts'
import { CommandLineError, usageError } from '../../messages/command-line-error.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag, value } from '../../options/option.ts'
import { formatBytes, formatPercent } from '../../output/amounts.ts'
import { openSession, type Session } from '../../session/open-session.ts'

const options = {
  readData: flag('read-data'),
  readDataSubset: value('read-data-subset', 'n/t|x%|size', parseDataSubset),
  checkUnused: flag('check-unused', { hidden: true }),
  withCache: flag('with-cache', { hidden: true }),
} as const

export const checkCommand = defineCommand({
  options,
  async run(call) {
    refuseOperands(call)
    const { readData, readDataSubset } = call.options
    if (readData && readDataSubset !== undefined)
      throw usageError('error.exclusive', { one: '--read-data', other: '--read-data-subset' })
    const isBulk = readData || readDataSubset !== undefined
    const lock = call.globals.noLock ? 'none' : 'exclusive'
    await using session = await openSession(call, { lock, isBulk, isEager: true })
    const progress = new CheckProgress(call)
    const { state, result } = await checkOnceConfirmed(
      session,
      async (onFinding, signal) => {
        const state = await stateOf(session, onFinding, signal, call)
        const result = await checkRepository(
          session.repository,
          {
            ...(readData ? { readData: 'all' as const } : readDataSubset === undefined ? {} : { readData: readDataSubset }),
            ...(state.known === undefined ? {} : { known: state.known }),
            onFinding,
            onProgress: (phase, done, total) => progress.update(phase, done, total),
          },
          signal,
        )
        return { state, result }
      },
      (finding) => tell(finding, call),
    ).finally(() => progress.hide())
    conclude({ ...result, errors: result.errors + state.errors }, call)
  },
})

/**
 * Reads while the lock is being confirmed, and shows nothing before: what somebody else changed at the same moment would look like
 * damage.
 */
async function checkOnceConfirmed<T>(
  { signal, confirmed }: Session,
  check: (onFinding: (finding: Finding) => void, signal: AbortSignal) => Promise<T>,
  show: (finding: Finding) => void,
): Promise<T> {
  const stop = new AbortController()
  const waiting: Finding[] = []
  let isConfirmed = false
  const checked = check((finding) => (isConfirmed ? show(finding) : waiting.push(finding)), AbortSignal.any([signal, stop.signal]))
  // Whoever awaits it below hears of a failure; until then it must not count as unhandled.
  checked.catch(() => undefined)
  try {
    await confirmed
  } catch (error) {
    stop.abort(error)
    await checked.catch(() => undefined)
    throw error
  }
  isConfirmed = true
  for (const finding of waiting) show(finding)
  return checked
}

/** So many locks are asked about; the store answers one by one. */
const lockSamples = 200
const lockTexts = { gone: 'check.lockGone', unlocked: 'check.lockMissing', shorter: 'check.lockShorter' } as const

const phaseNames = {
  index: 'check.phase.index',
  snapshots: 'check.phase.snapshots',
  trees: 'check.phase.trees',
  packs: 'check.phase.packs',
} as const

/** What Coffre's own records say should be there, and locked. A repository without such records has none to check. */
async function stateOf(
  { repository }: Session,
  onFinding: (finding: Finding) => void,
  signal: AbortSignal,
  call: Call<typeof options>,
): Promise<{ readonly known?: VaultState['known']; readonly errors: number }> {
  try {
    const state = await loadVaultState(repository, signal)
    if (state.head === undefined) return { errors: 0 }
    const isLocked = state.lock !== undefined && repository.backend.objectLock !== undefined
    return { known: state.known, errors: isLocked ? await checkLocks(repository, state, onFinding, signal, call) : 0 }
  } catch (error) {
    if (!isCoffreError(error, 'repository.state-broken')) throw error
    onFinding({ kind: 'damaged-file', severity: 'error', message: error.message })
    return { errors: 1 }
  }
}

async function checkLocks(
  repository: Repository,
  state: VaultState,
  onFinding: (finding: Finding) => void,
  signal: AbortSignal,
  { texts }: Call<typeof options>,
): Promise<number> {
  const { findings, defaultRetention } = await verifyLocks(repository, state, lockSamples, signal)
  for (const { file, kind, expected } of findings) {
    const message = texts.say(lockTexts[kind], { path: pathOf(file), until: expected.until.toISOString() })
    onFinding({ kind: 'missing-file', severity: 'error', file, message })
  }
  if (defaultRetention !== undefined)
    onFinding({ kind: 'damaged-file', severity: 'warning', message: texts.say('check.defaultRetention') })
  return findings.length
}

class CheckProgress {
  readonly hide: () => void
  #line = ''
  readonly #call: Call<typeof options>

  constructor(call: Call<typeof options>) {
    this.#call = call
    this.hide = call.output.showProgress({ line: () => this.#line })
  }

  update(phase: CheckPhase, done: number, total: number): void {
    const { texts } = this.#call
    this.#line = texts.say('check.progress', {
      phase: texts.say(phaseNames[phase]),
      done,
      total,
      percent: formatPercent(done, total),
    })
  }
}

function tell({ severity, message }: Finding, { output, texts }: Call<typeof options>): void {
  if (severity === 'note') output.note(message, 2)
  else if (output.json) output.complain({ message_type: 'error', message })
  else output.warn(texts.say(severity === 'error' ? 'check.error' : 'check.warning', { message }))
}

function conclude(result: CheckResult, { output, texts }: Call<typeof options>): void {
  const { errors, brokenPacks, suggestPrune, suggestRepairIndex } = result
  if (output.json) {
    output.printJson({
      message_type: 'summary',
      num_errors: errors,
      broken_packs: brokenPacks.length === 0 ? null : brokenPacks,
      suggest_repair_index: suggestRepairIndex,
      suggest_prune: suggestPrune,
    })
  } else {
    const { snapshots, blobs, packs, packsRead, bytesRead } = result
    output.summarize(texts.say('check.counts', { snapshots, blobs, packs }))
    if (packsRead > 0) output.summarize(texts.say('check.read', { packs: packsRead, size: formatBytes(bytesRead) }))
    if (suggestRepairIndex) output.note(texts.say('check.repairIndex'))
    if (suggestPrune && errors === 0) output.note(texts.say('check.prune'))
  }
  if (errors === 0) {
    output.summarize(texts.say('check.noErrors'))
    return
  }
  const key = brokenPacks.length > 0 ? 'hint.brokenPacks' : 'hint.damaged'
  throw new CommandLineError(
    'repository.damaged',
    { key: 'check.errors', values: { count: errors } },
    { key, values: { packs: brokenPacks.join(' ') } },
  )
}
