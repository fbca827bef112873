import { protectSource } from '@coffre/api-contract'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { flag, text } from '../../options/option.ts'
import { timeCell } from '../../output/object-table.ts'
import { assignments } from '../../server/assignments.ts'
import { connect } from '../../server/connection.ts'
import { showFindings } from '../../server/findings.ts'
import { engineOf, engineOptions } from '../../server/operand-engine.ts'

const options = {
  name: text('name', 'name'),
  vault: text('vault', 'vault'),
  every: text('every', 'interval'),
  schedule: text('schedule', 'expression'),
  keep: text('keep', 'counts'),
  window: text('window', 'term'),
  deleteAfter: text('delete-after', 'term'),
  timeZone: text('time-zone', 'zone'),
  plan: text('plan', 'name'),
  ...engineOptions,
  tier: text('tier', 'tier'),
  environment: text('environment', 'environment'),
  region: text('region', 'label'),
  tag: assignments('tag'),
  acceptFindings: flag('accept-findings'),
} as const

type ProtectCall = ServerCall<typeof options>

export const protectCommand = defineServerCommand({
  options,
  operands: 'PATH…|URL',
  async run(call) {
    const { output, texts } = call
    const body = await bodyOf(call)
    const made = await (await connect(call)).call(protectSource, { params: {}, body })
    if (output.json) {
      output.printJson(made)
      return
    }
    showFindings(made.source.findings, call)
    showFindings(made.findings, call)
    const { name } = made.source
    const [rule] = made.plan.rules
    const next = rule?.nextRuns[0]
    output.summarize(texts.say('protect.done', { name, vault: rule?.targetVault ?? body.vault }))
    if (call.options.continuous) output.summarize(texts.say('protect.continuous', { name }))
    if (next === undefined) output.summarize(texts.say('protect.onDemand', { name }))
    else output.summarize(texts.say('protect.next', { schedule: rule?.schedule ?? '', time: timeCell(next) }))
  },
})

async function bodyOf(call: ProtectCall) {
  const { name, vault, every, schedule, keep, deleteAfter, timeZone, plan } = call.options
  const { tier, environment, region, tag, acceptFindings, continuous, window } = call.options
  if (name === undefined) throw usageError('error.missingOption', { option: '--name' })
  if (vault === undefined) throw usageError('error.missingOption', { option: '--vault' })
  if (every !== undefined && schedule !== undefined) throw usageError('error.exclusive', { one: '--every', other: '--schedule' })
  if (keep !== undefined && deleteAfter !== undefined)
    throw usageError('error.exclusive', { one: '--keep', other: '--delete-after' })
  const wanted = every === undefined ? schedule : `every ${every}`
  return {
    name,
    vault,
    ...(await engineOf(call.positionals, call)),
    timeZone: timeZone ?? call.host.timeZone,
    tags: tag,
    acceptFindings,
    ...(continuous ? { continuous } : {}),
    ...(window === undefined ? {} : { window }),
    ...(wanted === undefined ? {} : { schedule: wanted }),
    ...(keep === undefined ? {} : { keep }),
    ...(deleteAfter === undefined ? {} : { deleteAfter }),
    ...(plan === undefined ? {} : { planName: plan }),
    ...(tier === undefined ? {} : { tier }),
    ...(environment === undefined ? {} : { environment }),
    ...(region === undefined ? {} : { region }),
  }
}
