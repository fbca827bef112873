import { getVault } from '@coffre/api-contract'
import { defineServerCommand } from '../../command.ts'
import { onlyOperand } from '../../options/operands.ts'
import { formatBytes } from '../../output/amounts.ts'
import { objectLines, timeCell } from '../../output/object-table.ts'
import { formatLabels } from '../../server/assignments.ts'
import { connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { lockText } from '../../server/vault-text.ts'

export const vaultShowCommand = defineServerCommand({
  options: {},
  operands: 'NAME',
  onlyPrints: true,
  async run(call) {
    const name = onlyOperand(call, 'NAME')
    const vault = await (await connect(call)).call(getVault, { params: { vault: name } })
    printResult(vault, call, () =>
      objectLines(
        [
          ['column.name', vault.name],
          ['column.id', vault.id],
          ['column.state', vault.state],
          ['column.location', vault.location],
          ['column.repository', vault.repositoryId ?? undefined],
          ['column.lock', lockText(vault.lock, call.texts) ?? '-'],
          ['column.classification', vault.classification ?? undefined],
          ['column.region', vault.region],
          ['column.account', vault.account],
          ['column.points', String(vault.points)],
          ['column.size', formatBytes(vault.sizeBytes)],
          ['column.tags', formatLabels(vault.tags) || undefined],
          ['column.created', timeCell(vault.createdAt)],
        ],
        call.texts,
      ),
    )
  },
})
