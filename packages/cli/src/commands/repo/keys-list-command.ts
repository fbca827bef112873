import { type KeyInfo, keysToJson, listKeys, parseTimestamp } from '@coffre/repository'
import { defineCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { formatLocalTime } from '../../output/amounts.ts'
import { printable } from '../../output/printable.ts'
import { shortId } from '../../output/snapshot-text.ts'
import { formatTable } from '../../output/table.ts'
import { openSession } from '../../session/open-session.ts'

export const keysListCommand = defineCommand({
  options: {},
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { output, texts } = call
    await using session = await openSession(call, { lock: 'read' })
    const onDamaged = (id: string, error: unknown): void =>
      output.warn(texts.say('keys.damaged', { id, problem: error instanceof Error ? error.message : String(error) }))
    const keys = await listKeys(session.repository, onDamaged, session.signal)
    if (output.json) return output.printJsonText(keysToJson(keys))
    const column = (title: string, cell: (key: KeyInfo) => string) => ({ title, cells: keys.map((key) => printable(cell(key))) })
    const columns = [
      column(' ID', ({ id, isCurrent }) => `${isCurrent ? '*' : ' '}${shortId(id)}`),
      column(texts.say('column.user'), ({ username }) => username),
      column(texts.say('column.host'), ({ hostname }) => hostname),
      column(texts.say('column.created'), ({ created }) => formatLocalTime(parseTimestamp(created).seconds * 1000)),
    ]
    for (const line of formatTable(columns)) output.print(line)
  },
})
