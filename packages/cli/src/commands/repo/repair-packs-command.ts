import { readFile, writeFile } from 'node:fs/promises'
import { bytesOf, CoffreError } from '@coffre/foundation'
import { type Id, parsePackIds, type RepairPacksResult, repairPacks } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { usageError } from '../../messages/command-line-error.ts'
import { flag } from '../../options/option.ts'
import { writingSettings } from '../../options/writing-options.ts'
import { absolutePath } from '../../session/absolute-path.ts'
import { openSession } from '../../session/open-session.ts'
import { showSteps } from '../../session/show-steps.ts'
import { heldNow } from '../../session/vault-state.ts'

const options = { dryRun: flag('dry-run', { short: 'n' }) } as const

type RepairCall = Call<typeof options>

const stepNames = {
  'packs': 'repair.step.packs',
  'rewrite-index': 'prune.phase.rewriteIndex',
  'remove-indexes': 'prune.phase.removeIndexes',
  'remove-packs': 'prune.phase.removePacks',
} as const

export const repairPacksCommand = defineCommand({
  options,
  operands: 'PACK…',
  async run(call) {
    if (call.positionals.length === 0) throw usageError('error.missingOperand', { what: 'PACK' })
    const ids = parsePackIds(call.positionals)
    const { dryRun } = call.options
    await using session = await openSession(call, { lock: 'exclusive' })
    const { packBytes } = writingSettings(call.globals, call.surroundings)
    const steps = showSteps(stepNames, call)
    let result: RepairPacksResult
    try {
      const common = {
        dryRun,
        held: await heldNow(session),
        onProgress: steps.update,
        ...(packBytes === undefined ? {} : { packBytes }),
      }
      const keepCopy = dryRun ? {} : { keepCopy: (id: Id, content: Uint8Array) => keep(id, content, call) }
      result = await repairPacks(session.repository, ids, { ...common, ...keepCopy }, session.signal)
    } finally {
      steps.hide()
    }
    tell(result, call)
  },
})

/** Damaged as it is, a pack is not removed before there is a copy of it in the working folder. An earlier run may have made it. */
async function keep(id: Id, content: Uint8Array, { surroundings, output, texts }: RepairCall): Promise<void> {
  const path = absolutePath(`pack-${id}`, surroundings.workingFolder)
  try {
    await writeFile(bytesOf(path), content, { flag: 'wx' })
  } catch (error) {
    const isThere =
      error instanceof Error &&
      'code' in error &&
      error.code === 'EEXIST' &&
      Buffer.compare(await readFile(bytesOf(path)), content) === 0
    if (isThere) return
    const problem = error instanceof Error ? error.message : String(error)
    throw new CoffreError('target.failed', `cannot keep a copy of pack ${id}: ${problem}`, {
      hint: 'Run this in a folder that can be written to.',
      cause: error,
    })
  }
  output.note(texts.say('repair.copyKept', { path }))
}

function tell({ savedBlobs, lost, unknown }: RepairPacksResult, { output, texts, options: { dryRun } }: RepairCall): void {
  const gone = lost.filter(({ isElsewhere }) => !isElsewhere)
  if (output.json) {
    const lostBlobs = lost.map(({ pack, blob, isTree, problem, isElsewhere }) => ({
      pack,
      blob,
      type: isTree ? 'tree' : 'data',
      problem,
      elsewhere: isElsewhere,
    }))
    output.printJson({
      message_type: 'summary',
      dry_run: dryRun,
      saved_blobs: savedBlobs,
      lost_blobs: lostBlobs,
      unknown_packs: unknown,
    })
    return
  }
  for (const id of unknown) output.warn(texts.say('repair.unknownPack', { id }))
  for (const { blob, pack, problem, isElsewhere } of lost)
    output.note(texts.say(isElsewhere ? 'repair.blobElsewhere' : 'repair.blobLost', { blob, pack, problem }))
  output.summarize(texts.say(dryRun ? 'repair.packsWould' : 'repair.packs', { saved: savedBlobs, lost: gone.length }))
  if (gone.length > 0) output.note(texts.say('repair.thenSnapshots'))
}
