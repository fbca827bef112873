import { listKeys } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { objectTable, timeCell } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'

export const keyListCommand = defineServerCommand({
  options: { everybody: flag('everybody'), ...listOptions },
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { everybody, limit } = call.options
    const keys = await (await connect(call)).list(listKeys, everybody ? { query: { everybody: 'true' } } : {}, limit)
    printResult(keys, call, () =>
      objectTable(
        keys,
        [
          ['column.id', ({ id }) => id],
          ['column.name', ({ name }) => name],
          ['column.scopes', ({ scopes }) => scopes?.join(', ') ?? '*'],
          ['column.principal', ({ createdBy }) => createdBy],
          ['column.lastUsed', ({ lastUsedAt }) => timeCell(lastUsedAt)],
          ['column.expires', ({ expiresAt }) => timeCell(expiresAt)],
          ['column.revoked', ({ revokedAt }) => timeCell(revokedAt)],
        ],
        call.texts,
      ),
    )
  },
})
