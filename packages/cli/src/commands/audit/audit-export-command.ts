import { open } from 'node:fs/promises'
import { exportAudit } from '@coffre/api-contract'
import { type ByteString, bytesOf } from '@coffre/foundation'
import { defineServerCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { refuseOperands } from '../../options/operands.ts'
import { text, value } from '../../options/option.ts'
import { parsePastTime } from '../../options/past-time.ts'
import { connect } from '../../server/connection.ts'

const options = {
  to: text('to', 'file'),
  principal: text('principal', 'principal'),
  operation: text('operation', 'operation'),
  target: text('target', 'target'),
  since: value('since', 'time', parsePastTime),
  before: value('before', 'time', parsePastTime),
} as const

export const auditExportCommand = defineServerCommand({
  options,
  async run(call) {
    refuseOperands(call)
    const { to, principal, operation, target, since, before } = call.options
    const instant = (time: typeof since) => (time === undefined ? undefined : new Date(time(call.host.clock.nowMs())).toISOString())
    const query = { principal, operation, target, since: instant(since), before: instant(before) }
    const connection = await connect(call)
    await using file = to === undefined ? undefined : await newFile(to)
    let entries = 0
    for await (const entry of connection.stream(exportAudit, { query })) {
      const line = `${JSON.stringify(entry)}\n`
      if (file === undefined) await call.output.printBytes(Buffer.from(line))
      else await file.writeFile(line)
      entries++
    }
    // What is said to be kept is on the disk.
    await file?.sync()
    if (to !== undefined) call.output.note(call.texts.say('audit.exported', { entries, path: to }))
  },
})

/** Who did what is nobody else's business; and an earlier export is never written over. */
async function newFile(path: ByteString) {
  try {
    return await open(bytesOf(path), 'wx', 0o600)
  } catch (error) {
    const problem = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw usageError('error.unwritableFile', { path, option: '--to', problem }, 'hint.newFile')
  }
}
