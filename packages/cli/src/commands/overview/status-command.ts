import { type AlarmView, getSource, getStatus, type StatusView } from '@coffre/api-contract'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import { CommandLineError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { type Connection, connect } from '../../server/connection.ts'
import { printResult } from '../../server/print-result.ts'
import { sourceStatusLines, statusLines } from '../../server/status-text.ts'

export const statusCommand = defineServerCommand({
  options: {},
  operands: '[NAME]',
  onlyPrints: true,
  async run(call) {
    const connection = await connect(call)
    const status = await connection.call(getStatus, { params: {} })
    if (call.positionals.length > 0) return showSource(status, connection, call)
    printResult(status, call, () => statusLines(status, call.texts))
    refuseAlarms(status.health, status.alarms)
  },
})

/** One source: how it is protected, what its logs are at, and which alarms of it hold. */
async function showSource(status: StatusView, connection: Connection, call: ServerCall): Promise<void> {
  const source = await connection.call(getSource, { params: { source: onlyOperand(call, 'NAME') } })
  const alarms = status.alarms.filter(({ subject }) => subject.id === source.id)
  const streams = status.streams.filter((stream) => stream.source.id === source.id)
  const { lastPointAt, nextRunAt } = source
  const state = status.protection.find((one) => one.source.id === source.id)?.state ?? null
  const own = { source: { id: source.id, name: source.name }, state, lastPointAt, nextRunAt, streams, alarms }
  printResult(own, call, () => sourceStatusLines(own, call.texts))
  refuseAlarms(alarms[0]?.severity ?? 'ok', alarms)
}

function refuseAlarms(health: StatusView['health'], alarms: readonly AlarmView[]): void {
  if (health === 'ok') return
  throw new CommandLineError(
    'status.alarm',
    { key: 'error.status', values: { health, count: alarms.length } },
    { key: 'hint.status', values: {} },
  )
}
