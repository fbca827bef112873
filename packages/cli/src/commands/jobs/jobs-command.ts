import { listJobs } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag, text } from '../../options/option.ts'
import { objectTable } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { followJobs } from '../../server/follow-jobs.ts'
import { jobColumns } from '../../server/job-text.ts'
import { printResult } from '../../server/print-result.ts'

const options = {
  follow: flag('follow', { short: 'f' }),
  active: flag('active'),
  source: text('source', 'source'),
  ...listOptions,
} as const

/** Whoever looks without a limit wants to see what happened lately. */
const shownOnTerminal = 50

export const jobsCommand = defineServerCommand({
  options,
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { follow, active, source } = call.options
    const connection = await connect(call)
    if (follow) {
      if (call.options.limit !== undefined) throw usageError('error.exclusive', { one: '--follow', other: '--limit' })
      await followJobs(connection, source, call)
      return
    }
    const limit = call.options.limit ?? (call.output.isResultTerminal && !call.output.json ? shownOnTerminal : undefined)
    const query = { source, ...(active ? { active: 'true' } : {}) }
    const jobs = await connection.list(listJobs, { params: {}, query }, limit)
    printResult(jobs, call, () => objectTable(jobs, jobColumns, call.texts))
  },
})
