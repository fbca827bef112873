import { listAudit } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { text, value } from '../../options/option.ts'
import { parsePastTime } from '../../options/past-time.ts'
import { objectTable, timeCell } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

const options = {
  principal: text('principal', 'principal'),
  operation: text('operation', 'operation'),
  target: text('target', 'target'),
  since: value('since', 'time', parsePastTime),
  before: value('before', 'time', parsePastTime),
  ...listOptions,
} as const

/** Whoever looks without a limit wants to see what happened lately. */
const shownOnTerminal = 50

export const auditListCommand = defineServerCommand({
  options,
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { output, host } = call
    const { principal, operation, target, since, before } = call.options
    const instant = (time: typeof since) => (time === undefined ? undefined : new Date(time(host.clock.nowMs())).toISOString())
    const query = { principal, operation, target, since: instant(since), before: instant(before) }
    const limit = call.options.limit ?? (output.isResultTerminal && !output.json ? shownOnTerminal : undefined)
    const entries = await (await connect(call)).list(listAudit, { params: {}, query }, limit)
    printResult(entries, call, () =>
      objectTable(
        entries,
        [
          ['column.number', ({ number }) => String(number)],
          ['column.time', ({ at }) => timeCell(at)],
          ['column.principal', (entry) => entry.principal],
          ['column.operation', (entry) => entry.operation],
          ['column.target', (entry) => entry.target ?? '-'],
          ['column.outcome', ({ outcome, code }) => (code === null ? outcome : `${outcome} ${code}`)],
          ['column.address', ({ address }) => address ?? '-'],
        ],
        call.texts,
      ),
    )
  },
})
