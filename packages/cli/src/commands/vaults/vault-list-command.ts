import { listVaults } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { listOptions } from '../../options/list-options.ts'
import { refuseOperands } from '../../options/operands.ts'
import { formatBytes } from '../../output/amounts.ts'
import { objectTable } from '../../output/object-table.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { lockText } from '../../server/vault-text.ts'

export const vaultListCommand = defineServerCommand({
  options: listOptions,
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const connection = await connect(call)
    const vaults = await connection.list(listVaults, { params: {} }, call.options.limit)
    printResult(vaults, call, () =>
      objectTable(
        vaults,
        [
          ['column.name', ({ name }) => name],
          ['column.state', ({ state }) => state],
          ['column.location', ({ location }) => location],
          ['column.lock', ({ lock }) => lockText(lock, call.texts) ?? '-'],
          ['column.points', ({ points }) => String(points)],
          ['column.size', ({ sizeBytes }) => formatBytes(sizeBytes)],
        ],
        call.texts,
      ),
    )
  },
})
