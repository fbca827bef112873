import { revokeKey } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const keyRevokeCommand = defineServerCommand({
  options: confirmOptions,
  operands: 'ID',
  async run(call) {
    const id = onlyOperand(call, 'ID')
    const connection = await connect(call)
    await confirm(call, call.texts.say('key.revoke', { id }))
    await connection.call(revokeKey, { params: { key: id } })
    printResult({ id }, call, () => [call.texts.say('key.revoked', { id })])
  },
})
