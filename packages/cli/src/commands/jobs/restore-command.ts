import { startRestore } from '@coffre/api-contract'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { flag, parseWholeNumber, text, value } from '../../options/option.ts'
import { assignments } from '../../server/assignments.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { logTarget, logTargetOptions } from '../../server/log-target.ts'
import { finishStart, waitOptions } from '../../server/wait-for-job.ts'
import { absolutePath } from '../../session/absolute-path.ts'

const options = {
  to: text('to', 'folder', { short: 't' }),
  ...logTargetOptions,
  point: text('point', 'id'),
  start: flag('start'),
  port: value('port', 'n', parseWholeNumber),
  asProduction: flag('as-production'),
  tablespace: assignments('tablespace'),
  overwrite: flag('overwrite'),
  ...confirmOptions,
  ...waitOptions,
} as const

export const restoreCommand = defineServerCommand({
  options,
  operands: 'NAME --to FOLDER',
  async run(call) {
    const source = onlyOperand(call, 'NAME')
    const body = bodyOf(call)
    const connection = await connect(call)
    if (body.overwrite) await confirm(call, call.texts.say('restore.overwrite', { to: body.to }))
    await finishStart(await connection.call(startRestore, { params: { source }, body }), connection, call)
  },
})

function bodyOf({ options: given, surroundings, host }: ServerCall<typeof options>) {
  const { to, point, overwrite } = given
  if (to === undefined || to === '') throw usageError('error.missingOption', { option: '--to' })
  if (given.at !== undefined && point !== undefined) throw usageError('error.exclusive', { one: '--at', other: '--point' })
  const engine = engineOptions(given)
  return {
    to: absolutePath(to, surroundings.workingFolder),
    overwrite,
    ...logTarget(given, host.clock.nowMs()),
    ...(point === undefined ? {} : { point }),
    ...(Object.keys(engine).length === 0 ? {} : { options: engine }),
  }
}

/** What only the engine of the source knows of. */
function engineOptions({ start, port, asProduction, tablespace }: ServerCall<typeof options>['options']) {
  if (start && port === undefined) throw usageError('error.missingOption', { option: '--port' })
  if (port !== undefined && !start) throw usageError('error.missingOption', { option: '--start' })
  return {
    ...(start ? { start, port } : {}),
    ...(asProduction ? { asProduction } : {}),
    ...(Object.keys(tablespace).length === 0 ? {} : { tablespaces: tablespace }),
  }
}
