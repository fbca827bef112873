import type { ByteString } from '@coffre/foundation'
import { type RestoreOptions, Restorer, selectOnly, selectWithout } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { CommandLineError, usageError } from '../../messages/command-line-error.ts'
import { onlyOperand } from '../../options/operands.ts'
import { choice, flag, text, texts, type Values } from '../../options/option.ts'
import { excludeLists, excludeOptions, includeLists, includeOptions } from '../../options/pattern-options.ts'
import { snapshotFilterOf, snapshotFilterOptions } from '../../options/snapshot-filter-options.ts'
import { RestoreReport } from '../../output/restore-report.ts'
import { snapshotLine } from '../../output/snapshot-text.ts'
import { absolutePath } from '../../session/absolute-path.ts'
import { attributeFilter } from '../../session/attribute-filter.ts'
import { openSession } from '../../session/open-session.ts'
import { openPlace } from '../../session/snapshot-place.ts'

const options = {
  target: text('target', 'folder', { short: 't' }),
  ...includeOptions,
  ...excludeOptions,
  includeXattr: texts('include-xattr', 'pattern'),
  excludeXattr: texts('exclude-xattr', 'pattern'),
  ...snapshotFilterOptions,
  overwrite: choice('overwrite', ['always', 'if-changed', 'if-newer', 'never']),
  delete: flag('delete'),
  sparse: flag('sparse'),
  verify: flag('verify'),
  dryRun: flag('dry-run'),
} as const

export const restoreCommand = defineCommand({
  options,
  operands: 'ID[:FOLDER]',
  async run(call) {
    const { output, texts: words } = call
    const name = onlyOperand(call, 'ID')
    if (call.options.target === undefined) throw usageError('error.missingOption', { option: '--target' })
    const target = absolutePath(call.options.target, call.surroundings.workingFolder)
    const selection = await selectionOf(call, target)
    await using session = await openSession(call, { lock: 'read', isBulk: true })
    const { snapshot, tree, index } = await openPlace(name, snapshotFilterOf(call.options, call.surroundings), session, call)
    output.note(words.say('restore.restoring', { snapshot: snapshotLine(snapshot, words), target: call.options.target }))
    const report = new RestoreReport(output, words, call.options.dryRun)
    const { overwrite = 'always', sparse, dryRun, verify } = call.options
    try {
      await Restorer.restore(
        session.repository,
        index,
        tree,
        target,
        { ...selection, overwrite, removeOthers: call.options.delete, sparse, dryRun, verify, ...report.listeners },
        session.signal,
      )
    } finally {
      report.hideProgress()
    }
    report.finish(verify)
    const { errors } = report.counts
    if (errors > 0)
      throw new CommandLineError(
        'target.incomplete',
        { key: 'restore.errors', values: { count: errors } },
        { key: 'hint.restoreErrors', values: {} },
      )
  },
})

/** What the options choose, once they make sense together. */
async function selectionOf(
  { options: given, surroundings }: Call<typeof options>,
  target: ByteString,
): Promise<Pick<RestoreOptions, 'select' | 'selectAttribute'>> {
  const excludes = await excludeLists(given, surroundings)
  const includes = await includeLists(given, surroundings)
  if (excludes.length > 0 && includes.length > 0) throw usageError('error.exclusive', { one: '--include', other: '--exclude' })
  if (given.dryRun && given.verify) throw usageError('error.exclusive', { one: '--dry-run', other: '--verify' })
  if (given.delete && target === '/' && excludes.length + includes.length === 0)
    throw usageError('error.deleteEverything', {}, 'hint.deleteEverything')
  return { select: includes.length > 0 ? selectOnly(includes) : selectWithout(excludes), selectAttribute: attributes(given) }
}

function attributes({ includeXattr, excludeXattr }: Values<typeof options>): (name: ByteString) => boolean {
  if (includeXattr.length > 0 && excludeXattr.length > 0)
    throw usageError('error.exclusive', { one: '--include-xattr', other: '--exclude-xattr' })
  return attributeFilter(includeXattr, excludeXattr)
}
