import { isStale, listLocks, parseTimestamp } from '@coffre/repository'
import { defineCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { formatLocalTime } from '../../output/amounts.ts'
import { printable } from '../../output/printable.ts'
import { shortId } from '../../output/snapshot-text.ts'
import { formatTable } from '../../output/table.ts'
import { openSession } from '../../session/open-session.ts'

export const locksCommand = defineCommand({
  options: {},
  onlyPrints: true,
  async run(call) {
    refuseOperands(call)
    const { output, texts } = call
    await using session = await openSession(call, { lock: 'none' })
    const { repository } = session
    const locks = (await listLocks(repository, session.signal)).map((lock) => ({ ...lock, stale: isStale(lock, repository) }))
    if (output.json) return output.printJson(locks)
    const column = (title: string, cell: (lock: (typeof locks)[number]) => string) => ({
      title,
      cells: locks.map((lock) => printable(cell(lock))),
    })
    const columns = [
      column('ID', ({ id }) => shortId(id)),
      column(texts.say('column.time'), ({ time }) => formatLocalTime(parseTimestamp(time).seconds * 1000)),
      column(texts.say('column.host'), ({ hostname }) => hostname),
      column(texts.say('column.user'), ({ username }) => username),
      column(texts.say('column.process'), ({ pid }) => String(pid)),
      column(
        texts.say('column.kind'),
        ({ exclusive, stale }) =>
          texts.say(exclusive ? 'locks.exclusive' : 'locks.shared') + (stale ? `, ${texts.say('locks.stale')}` : ''),
      ),
    ]
    for (const line of formatTable(columns, { footer: texts.say('locks.count', { count: locks.length }) })) output.print(line)
  },
})
