import { type RecoverResult, recoverSnapshot, repairIndex } from '@coffre/repository'
import { defineCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { writingSettings } from '../../options/writing-options.ts'
import { shortId } from '../../output/snapshot-text.ts'
import { loadWriterIndex } from '../../session/load-index.ts'
import { openSession } from '../../session/open-session.ts'
import { showSteps } from '../../session/show-steps.ts'
import { heldNow, recordSnapshots, writeLock } from '../../session/vault-state.ts'
import { warnOfSnapshot } from '../../session/warn-of-snapshot.ts'

export const recoverCommand = defineCommand({
  options: {},
  async run(call) {
    refuseOperands(call)
    const { output, texts } = call
    await using session = await openSession(call, { lock: 'exclusive' })
    const { repository, signal } = session
    // Trees of packs that no index names would not be found.
    await repairIndex(repository, { held: await heldNow(session) }, signal)
    const index = await loadWriterIndex(session, call)
    const steps = showSteps({ trees: 'check.phase.trees' }, call)
    let result: RecoverResult
    try {
      result = await recoverSnapshot(
        repository,
        index,
        {
          ...writingSettings(call.globals, call.surroundings),
          ...(await writeLock(session, index)),
          onUnreadable: (tree, error) =>
            output.warn(texts.say('recover.unreadable', { tree, problem: error instanceof Error ? error.message : String(error) })),
          onDamaged: warnOfSnapshot(call),
          onProgress: (done, total) => steps.update('trees', done, total),
        },
        signal,
      )
    } finally {
      steps.hide()
    }
    const { roots, snapshotId } = result
    await recordSnapshots(session, { added: snapshotId === undefined ? [] : [snapshotId] })
    if (output.json)
      return output.printJson({
        message_type: 'summary',
        roots: roots.length,
        ...(snapshotId === undefined ? {} : { snapshot_id: snapshotId }),
      })
    output.summarize(texts.say('recover.roots', { count: roots.length }))
    if (snapshotId !== undefined) output.summarize(texts.say('backup.saved', { id: shortId(snapshotId) }))
  },
})
