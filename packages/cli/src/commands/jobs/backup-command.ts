import { startBackup } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { text } from '../../options/option.ts'
import { labels } from '../../server/assignments.ts'
import { connect } from '../../server/connection.ts'
import { finishStart, waitOptions } from '../../server/wait-for-job.ts'

const options = {
  vault: text('vault', 'vault'),
  tag: labels('tag'),
  deleteAfter: text('delete-after', 'term'),
  description: text('description', 'text'),
  ...waitOptions,
} as const

export const backupCommand = defineServerCommand({
  options,
  operands: 'NAME',
  async run(call) {
    const { vault, tag, deleteAfter, description } = call.options
    const params = { source: onlyOperand(call, 'NAME') }
    const body = {
      tags: tag,
      ...(vault === undefined ? {} : { vault }),
      ...(deleteAfter === undefined ? {} : { lifecycle: { deleteAfter } }),
      ...(description === undefined ? {} : { description }),
    }
    const connection = await connect(call)
    await finishStart(await connection.call(startBackup, { params, body }), connection, call)
  },
})
