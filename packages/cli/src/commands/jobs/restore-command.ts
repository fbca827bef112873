import { startRestore } from '@coffre/api-contract'
import { defineServerCommand, type ServerCall } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { flag, text, value } from '../../options/option.ts'
import { parsePastTime } from '../../options/past-time.ts'
import { confirm, confirmOptions } from '../../server/confirm.ts'
import { connect } from '../../server/connection.ts'
import { finishStart, waitOptions } from '../../server/wait-for-job.ts'
import { absolutePath } from '../../session/absolute-path.ts'

const options = {
  to: text('to', 'folder', { short: 't' }),
  at: value('at', 'time', parsePastTime),
  point: text('point', 'id'),
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
  const { to, at, point, overwrite } = given
  if (to === undefined || to === '') throw usageError('error.missingOption', { option: '--to' })
  if (at !== undefined && point !== undefined) throw usageError('error.exclusive', { one: '--at', other: '--point' })
  return {
    to: absolutePath(to, surroundings.workingFolder),
    overwrite,
    ...(at === undefined ? {} : { at: new Date(at(host.clock.nowMs())).toISOString() }),
    ...(point === undefined ? {} : { point }),
  }
}
