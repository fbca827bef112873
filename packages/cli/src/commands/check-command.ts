import { type CheckPhase, type CheckResult, checkRepository, type Finding, parseDataSubset } from '@coffre/repository'
import { type Call, defineCommand } from '../command.ts'
import { CommandLineError, usageError } from '../messages/command-line-error.ts'
import { flag, value } from '../options/option.ts'
import { refuseOperands } from '../options/operands.ts'
import { formatBytes, formatPercent } from '../output/amounts.ts'
import { openSession } from '../session/open-session.ts'

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
    if (readData && readDataSubset !== undefined) throw usageError('error.exclusive', { one: '--read-data', other: '--read-data-subset' })
    await using session = await openSession(call, { lock: call.globals.noLock ? 'none' : 'exclusive' })
    const progress = new CheckProgress(call)
    let result: CheckResult
    try {
      result = await checkRepository(
        session.repository,
        {
          ...(readData ? { readData: 'all' as const } : readDataSubset === undefined ? {} : { readData: readDataSubset }),
          onFinding: (finding) => tell(finding, call),
          onProgress: (phase, done, total) => progress.update(phase, done, total),
        },
        session.signal,
      )
    } finally {
      progress.hide()
    }
    conclude(result, call)
  },
})

const phaseNames = { index: 'check.phase.index', snapshots: 'check.phase.snapshots', trees: 'check.phase.trees', packs: 'check.phase.packs' } as const

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
    this.#line = texts.say('check.progress', { phase: texts.say(phaseNames[phase]), done, total, percent: formatPercent(done, total) })
  }
}

function tell({ severity, message }: Finding, { output, texts }: Call<typeof options>): void {
  if (severity === 'note') return output.note(message, 2)
  if (output.json) return output.complain({ message_type: 'error', message })
  output.warn(texts.say(severity === 'error' ? 'check.error' : 'check.warning', { message }))
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
  if (errors === 0) return output.summarize(texts.say('check.noErrors'))
  const key = brokenPacks.length > 0 ? 'hint.brokenPacks' : 'hint.damaged'
  throw new CommandLineError('repository.damaged', { key: 'check.errors', values: { count: errors } }, { key, values: { packs: brokenPacks.join(' ') } })
}
