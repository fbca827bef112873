import { defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag, text } from '../../options/option.ts'
import { pruneOptions, pruneOptionsOf } from '../../options/prune-options.ts'
import { writingSettings } from '../../options/writing-options.ts'
import { openSession } from '../../session/open-session.ts'
import { prune } from '../../session/prune.ts'

export const pruneCommand = defineCommand({
  options: {
    ...pruneOptions,
    dryRun: flag('dry-run', { short: 'n' }),
    unsafeRecoverNoFreeSpace: text('unsafe-recover-no-free-space', 'id'),
  },
  async run(call) {
    refuseOperands(call)
    const { dryRun, unsafeRecoverNoFreeSpace: confirmation } = call.options
    if (call.globals.noLock && !dryRun) throw usageError('error.onlyWith', { option: '--no-lock', other: '--dry-run' })
    const { packBytes, compression } = writingSettings(call.globals, call.surroundings)
    if (call.options.repackUncompressed && compression === 'off')
      throw usageError('error.exclusive', { one: '--repack-uncompressed', other: '--compression off' })
    // A dry run keeps others out as well, unless it is told not to: its figures would be wrong otherwise.
    await using session = await openSession(call, { lock: dryRun && call.globals.noLock ? 'none' : 'exclusive', isBulk: true })
    const { id } = session.repository.config
    if (confirmation !== undefined && confirmation !== id) throw usageError('error.recoveryId', { id })
    const size = packBytes === undefined ? {} : { packBytes }
    await prune(session, { ...pruneOptionsOf(call.options), ...size, dryRun, onFullDisk: confirmation !== undefined }, call)
  },
})
