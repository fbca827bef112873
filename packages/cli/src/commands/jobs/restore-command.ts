import { startRestore } from '@coffre/api-contract'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { flag, parseWholeNumber, text, value } from '../../options/option.ts'
import { assignments } from '../../server/assignments.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { logTarget, logTargetOptions } from '../../server/log-target.ts'
import { restoreInto, restoreIntoOptions } from '../../server/restore-into.ts'
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
  ...restoreIntoOptions,
  overwrite: flag('overwrite'),
  ...confirmOptions,
  ...waitOptions,
} as const

export const restoreCommand = defineServerCommand({
  options,
  operands: 'NAME --to FOLDER|--into URL',
  async run(call) {
    const source = onlyOperand(call, 'NAME')
    const body = await bodyOf(call)
    const connection = await connect(call)
    if (body.overwrite) await confirm(call, call.texts.say('restore.overwrite', { to: call.options.to ?? '' }))
    await finishStart(await connection.call(startRestore, { params: { source }, body }), connection, call)
  },
})

async function bodyOf(call: ServerCall<typeof options>) {
  const { options: given, host } = call
  const { point, overwrite } = given
  if (given.at !== undefined && point !== undefined) throw usageError('error.exclusive', { one: '--at', other: '--point' })
  const { options: ofEngine, ...target } = await targetOf(call)
  const engine = { ...engineOptions(given), ...ofEngine }
  return {
    ...target,
    overwrite,
    ...logTarget(given, host.clock.nowMs()),
    ...(point === undefined ? {} : { point }),
    ...(Object.keys(engine).length === 0 ? {} : { options: engine }),
  }
}

/** A folder, meant from where the user stands, or a server that runs; never both. */
async function targetOf(call: ServerCall<typeof options>) {
  const { to, into, overwrite } = call.options
  if (to !== undefined && into !== undefined) throw usageError('error.exclusive', { one: '--to', other: '--into' })
  // Nothing of a running server is ever overwritten.
  if (into !== undefined && overwrite) throw usageError('error.exclusive', { one: '--into', other: '--overwrite' })
  const running = await restoreInto(call)
  if (running !== undefined) return running
  if (to === undefined || to === '') throw usageError('error.missingOption', { option: '--to' })
  return { to: absolutePath(to, call.surroundings.workingFolder), options: {} }
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
