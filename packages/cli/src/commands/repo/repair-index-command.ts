import { type RepairIndexResult, repairIndex } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { refuseOperands } from '../../options/operands.ts'
import { flag } from '../../options/option.ts'
import { openSession } from '../../session/open-session.ts'
import { showSteps } from '../../session/show-steps.ts'
import { heldNow } from '../../session/vault-state.ts'

const options = { readAllPacks: flag('read-all-packs'), dryRun: flag('dry-run', { short: 'n' }) } as const

const stepNames = {
  'index': 'prune.phase.index',
  'packs': 'repair.step.headers',
  'rewrite-index': 'prune.phase.rewriteIndex',
  'remove-indexes': 'prune.phase.removeIndexes',
} as const

export const repairIndexCommand = defineCommand({
  options,
  async run(call) {
    refuseOperands(call)
    const { readAllPacks, dryRun } = call.options
    await using session = await openSession(call, { lock: 'exclusive' })
    const steps = showSteps(stepNames, call)
    let result: RepairIndexResult
    try {
      const held = await heldNow(session)
      result = await repairIndex(session.repository, { readAllPacks, dryRun, held, onProgress: steps.update }, session.signal)
    } finally {
      steps.hide()
    }
    tell(result, call)
  },
})

function tell(result: RepairIndexResult, { output, texts, options: { dryRun } }: Call<typeof options>): void {
  const { damagedIndexes, added, corrected, dropped, broken, isChanged } = result
  if (output.json) {
    const lists = {
      damaged_indexes: damagedIndexes,
      added_packs: added,
      corrected_packs: corrected,
      dropped_packs: dropped,
      broken_packs: broken,
    }
    output.printJson({ message_type: 'summary', changed: isChanged, dry_run: dryRun, ...lists })
    return
  }
  for (const id of damagedIndexes) output.note(texts.say('repair.damagedIndex', { id }))
  for (const id of added) output.note(texts.say('repair.addedPack', { id }), 2)
  for (const id of corrected) output.note(texts.say('repair.correctedPack', { id }), 2)
  for (const id of dropped) output.note(texts.say('repair.droppedPack', { id }))
  for (const id of broken) output.note(texts.say('repair.brokenPack', { id }))
  const counts = { added: added.length, corrected: corrected.length, dropped: dropped.length, damaged: damagedIndexes.length }
  output.summarize(texts.say(isChanged ? (dryRun ? 'repair.indexWould' : 'repair.index') : 'repair.indexFine', counts))
  if (broken.length > 0) output.note(texts.say('hint.brokenPacks', { packs: broken.join(' ') }))
}
