import { removeVaultLock } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { governed, governedOptions } from '../../server/governed.ts'
import { printResult } from '../../server/print-result.ts'

export const vaultUnlockCommand = defineServerCommand({
  options: { ...governedOptions, ...confirmOptions },
  operands: 'NAME',
  async run(call) {
    const vault = onlyOperand(call, 'NAME')
    const connection = await connect(call)
    const unlocked = await governed(call, connection, { operation: 'vaults.unlock', vault }, async (query) => {
      await confirm(call, call.texts.say('vault.unlock', { name: vault }))
      return connection.call(removeVaultLock, { params: { vault }, query })
    })
    if (unlocked !== undefined) printResult(unlocked, call, () => [call.texts.say('vault.unlocked', { name: unlocked.name })])
  },
})
