import { deleteVault, getVault } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { governed, governedOptions } from '../../server/governed.ts'
import { printResult } from '../../server/print-result.ts'

export const vaultDeleteCommand = defineServerCommand({
  options: { ...governedOptions, ...confirmOptions },
  operands: 'NAME',
  async run(call) {
    const connection = await connect(call)
    const { id, name } = await connection.call(getVault, { params: { vault: onlyOperand(call, 'NAME') } })
    const gone = await governed(call, connection, { operation: 'vaults.delete', vault: id }, async (query) => {
      await confirm(call, call.texts.say('vault.delete', { name }))
      return connection.call(deleteVault, { params: { vault: id }, query })
    })
    if (gone !== undefined) printResult(gone, call, () => [call.texts.say('vault.deleted', { name, location: gone.location })])
  },
})
