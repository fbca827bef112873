import { setVaultLock } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { choice } from '../../options/option.ts'
import { connect } from '../../server/connection.ts'
import { governed, governedOptions } from '../../server/governed.ts'
import { printResult } from '../../server/print-result.ts'
import { lockTermOptions, lockTerms } from '../../server/vault-lock-options.ts'
import { lockText } from '../../server/vault-text.ts'

const options = { mode: choice('mode', ['governance', 'compliance']), ...lockTermOptions, ...governedOptions } as const

export const vaultLockCommand = defineServerCommand({
  options,
  operands: 'NAME',
  async run(call) {
    const vault = onlyOperand(call, 'NAME')
    const { mode } = call.options
    if (mode === undefined) throw usageError('error.missingOption', { option: '--mode' })
    const lock = { mode, ...lockTerms(call.options) }
    const connection = await connect(call)
    const locked = await governed(call, connection, { operation: 'vaults.set-lock', vault, lock }, (query) =>
      connection.call(setVaultLock, { params: { vault }, query, body: lock }),
    )
    if (locked === undefined) return
    const terms = lockText(locked.lock, call.texts) ?? '-'
    printResult(locked, call, () => [call.texts.say('vault.locked', { name: locked.name, lock: terms })])
    if (locked.lock?.isEnforcedByStorage === false) call.output.note(call.texts.say('vault.lockIsWord'))
  },
})
