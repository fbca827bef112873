import type { ServerCall } from '../command.ts'
import { usageError } from '../messages/command-line-error.ts'
import { flag, parseWholeNumber, text, value } from '../options/option.ts'
import { absolutePath } from '../session/absolute-path.ts'
import { assignments } from './assignments.ts'
import { logTarget, logTargetOptions } from './log-target.ts'
import { restoreInto, restoreIntoOptions } from './restore-into.ts'

/** What is put back, and where: for a restore, and for the question what one would do. */
export const restoreOrderOptions = {
  to: text('to', 'folder', { short: 't' }),
  ...logTargetOptions,
  point: text('point', 'id'),
  start: flag('start'),
  port: value('port', 'n', parseWholeNumber),
  asProduction: flag('as-production'),
  tablespace: assignments('tablespace'),
  ...restoreIntoOptions,
  overwrite: flag('overwrite'),
} as const

type OrderCall = ServerCall<typeof restoreOrderOptions>

/** The same as the API takes it. Where it goes may be left open. */
export async function restoreOrder(call: OrderCall) {
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
async function targetOf(call: OrderCall) {
  const { to, into, overwrite } = call.options
  if (to !== undefined && into !== undefined) throw usageError('error.exclusive', { one: '--to', other: '--into' })
  // Nothing of a running server is ever overwritten.
  if (into !== undefined && overwrite) throw usageError('error.exclusive', { one: '--into', other: '--overwrite' })
  const running = await restoreInto(call)
  if (running !== undefined) return running
  if (to === '') throw usageError('error.missingOption', { option: '--to' })
  return { ...(to === undefined ? {} : { to: absolutePath(to, call.surroundings.workingFolder) }), options: {} }
}

/** What only the engine of the source knows of. */
function engineOptions({ start, port, asProduction, tablespace }: OrderCall['options']) {
  if (start && port === undefined) throw usageError('error.missingOption', { option: '--port' })
  if (port !== undefined && !start) throw usageError('error.missingOption', { option: '--start' })
  return {
    ...(start ? { start, port } : {}),
    ...(asProduction ? { asProduction } : {}),
    ...(Object.keys(tablespace).length === 0 ? {} : { tablespaces: tablespace }),
  }
}
