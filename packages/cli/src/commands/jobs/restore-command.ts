import { startRestore } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { restoreOrder, restoreOrderOptions } from '../../server/restore-order.ts'
import { finishStart, waitOptions } from '../../server/wait-for-job.ts'

export const restoreCommand = defineServerCommand({
  options: { ...restoreOrderOptions, ...confirmOptions, ...waitOptions },
  operands: 'NAME --to FOLDER|--into URL',
  async run(call) {
    const source = onlyOperand(call, 'NAME')
    const { to, into } = call.options
    const body = await restoreOrder(call)
    if (to === undefined && into === undefined) throw usageError('error.missingOption', { option: '--to' })
    const connection = await connect(call)
    if (body.overwrite) await confirm(call, call.texts.say('restore.overwrite', { to: to ?? '' }))
    await finishStart(await connection.call(startRestore, { params: { source }, body }), connection, call)
  },
})
