import { createHold } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text, texts as textsOption, value } from '../../options/option.ts'
import { parsePastTime } from '../../options/past-time.ts'
import { connect } from '../../server/connection.ts'
import { holdDetails } from '../../server/hold-text.ts'
import { printResult } from '../../server/print-result.ts'

const options = {
  description: text('description', 'text'),
  vault: textsOption('vault', 'name'),
  source: textsOption('source', 'name'),
  since: value('since', 'time', parsePastTime),
  before: value('before', 'time', parsePastTime),
} as const

export const holdCreateCommand = defineServerCommand({
  options,
  operands: 'TITLE',
  async run(call) {
    const title = onlyOperand(call, 'TITLE')
    const { description, vault, source, since, before } = call.options
    if (description === undefined) throw usageError('error.missingOption', { option: '--description' })
    const instant = (time: NonNullable<typeof since>): string => new Date(time(call.host.clock.nowMs())).toISOString()
    const query = {
      ...(vault.length === 0 ? {} : { vaults: [...vault] }),
      ...(source.length === 0 ? {} : { sources: [...source] }),
      ...(since === undefined ? {} : { createdAfter: instant(since) }),
      ...(before === undefined ? {} : { createdBefore: instant(before) }),
    }
    if (Object.keys(query).length === 0) throw usageError('error.noCondition', {}, 'hint.noCondition')
    const hold = await (await connect(call)).call(createHold, { body: { title, description, query } })
    printResult(hold, call, () => holdDetails(hold, call.texts))
  },
})
