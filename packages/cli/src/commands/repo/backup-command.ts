import type { ByteString } from '@coffre/foundation'
import { backup, contentCutOf, parseGroupBy, parseSize, parseTagList, type StreamTarget } from '@coffre/repository'
import { type Call, defineCommand } from '../../command.ts'
import { CommandLineError, usageError } from '../../messages/command-line-error.ts'
import { parseLocalTime } from '../../options/local-times.ts'
import { choice, flag, parseWholeNumber, text, texts, value, values } from '../../options/option.ts'
import { excludeOptions, readExcludes } from '../../options/pattern-options.ts'
import { flattenTags } from '../../options/quantities.ts'
import { writingSettings } from '../../options/writing-options.ts'
import { BackupReport } from '../../output/backup-report.ts'
import { shortId } from '../../output/snapshot-text.ts'
import { programVersion } from '../../program-version.ts'
import { absolutePath } from '../../session/absolute-path.ts'
import { findParent } from '../../session/backup-parent.ts'
import { backupSelection, type SelectionRules } from '../../session/backup-selection.ts'
import { gatherTargets } from '../../session/backup-targets.ts'
import { countAhead } from '../../session/count-ahead.ts'
import { loadWriterIndex } from '../../session/load-index.ts'
import { openSession, type Session } from '../../session/open-session.ts'
import { commandSource, StreamSource } from '../../session/stream-source.ts'
import { recordSnapshots, writeLock } from '../../session/vault-state.ts'
import { variable } from '../../surroundings.ts'

const options = {
  parent: text('parent', 'ID'),
  groupBy: value('group-by', 'group', parseGroupBy, { short: 'g' }),
  force: flag('force', { short: 'f' }),
  ...excludeOptions,
  excludeIfPresent: texts('exclude-if-present', 'name[:header]'),
  excludeCaches: flag('exclude-caches'),
  excludeLargerThan: value('exclude-larger-than', 'size', parseSize),
  oneFileSystem: flag('one-file-system', { short: 'x' }),
  filesFrom: texts('files-from', 'file'),
  filesFromVerbatim: texts('files-from-verbatim', 'file'),
  filesFromRaw: texts('files-from-raw', 'file'),
  stdin: flag('stdin'),
  stdinFilename: text('stdin-filename', 'name'),
  stdinFromCommand: flag('stdin-from-command'),
  tag: values('tag', 'tag[,tag…]', parseTagList),
  host: text('host', 'host', { short: 'H' }),
  hostname: text('hostname', 'host', { hidden: true }),
  time: value('time', 'time', parseLocalTime),
  withAtime: flag('with-atime'),
  ignoreInode: flag('ignore-inode'),
  ignoreCtime: flag('ignore-ctime'),
  skipIfUnchanged: flag('skip-if-unchanged'),
  cut: choice('cut', ['auto', 'content', 'fixed']),
  verifyWrites: choice('verify-writes', ['all', 'sampled', 'trees']),
  dryRun: flag('dry-run', { short: 'n' }),
  noScan: flag('no-scan'),
  readConcurrency: value('read-concurrency', 'n', parseWholeNumber, { hidden: true }),
} as const

type BackupCall = Call<typeof options>

export const backupCommand = defineCommand({
  options,
  operands: 'PATH…',
  async run(call) {
    refuseContradictions(call)
    const { output, texts: words, surroundings } = call
    await using session = await openSession(call, { lock: 'append', dryRun: call.options.dryRun, isBulk: true })
    session.repository.assertWritable()
    const report = new BackupReport(output, words, (path) => absolutePath(path, surroundings.workingFolder))
    const targets = await targetsOf(call, session, report)
    const result = await store(call, session, targets, report)
    report.finish(result, call.options.dryRun)
    if (report.errors > 0)
      throw new CommandLineError(
        'source.incomplete',
        { key: call.options.dryRun ? 'backup.incompleteDryRun' : 'backup.incomplete', values: { count: report.errors } },
        call.options.dryRun ? undefined : { key: 'hint.incomplete', values: {} },
      )
  },
})

async function store(call: BackupCall, session: Session, targets: readonly ByteString[] | 'stream', report: BackupReport) {
  const { options: given, output, texts: words, surroundings } = call
  const { workingFolder } = surroundings
  const paths = targets === 'stream' ? [streamPath(call)] : targets.map((target) => absolutePath(target, workingFolder))
  const rules: SelectionRules = {
    excludes: await readExcludes(given, surroundings),
    folderMarkers: given.excludeIfPresent,
    excludeCaches: given.excludeCaches,
    fileBytesMax: given.excludeLargerThan,
    oneFileSystem: given.oneFileSystem && targets !== 'stream',
  }
  const selection = backupSelection(rules, paths, session.repository.context.files, (message) => output.warn(message))
  const common = await commonOptions(call, session, paths)
  const { parent } = common
  output.note(parent === undefined ? words.say('backup.noParent') : words.say('backup.parent', { id: shortId(parent.id) }))
  const index = await loadWriterIndex(session, call)
  const { summary } = parent ?? {}
  if (summary !== undefined) report.expect({ files: summary.totalFilesProcessed, bytes: summary.totalBytesProcessed })
  const isCounted = summary === undefined && targets !== 'stream' && !given.noScan && output.showsProgress
  await using _count = isCounted ? countAhead(paths, rules, (totals) => report.expect(totals)) : undefined
  try {
    const source = targets === 'stream' ? streamTarget(call, session.signal) : targets
    const lock = given.dryRun ? {} : await writeLock(session, index)
    const result = await backup(
      session.repository,
      index,
      source,
      { ...common, ...lock, selection, ...report.listeners },
      session.signal,
    )
    if (result.snapshotId !== undefined && !given.dryRun) await recordSnapshots(session, { added: [result.snapshotId] })
    return result
  } finally {
    report.hideProgress()
  }
}

async function commonOptions(call: BackupCall, session: Session, paths: readonly ByteString[]) {
  const { options: given, surroundings, globals } = call
  const host = given.host ?? given.hostname ?? variable(surroundings.environment, 'COFFRE_HOST', 'RESTIC_HOST')
  const hostname = host ?? session.repository.context.identity.hostname
  const tags = flattenTags(given.tag)
  const { time: timeMs, groupBy, parent: wanted, force } = given
  const parent = force || given.stdin ? undefined : await findParent(session, { wanted, groupBy, hostname, tags, paths, timeMs })
  return {
    tags,
    hostname,
    parent,
    excludes: given.exclude,
    ...(timeMs === undefined ? {} : { timeMs }),
    ...writingSettings(globals, surroundings, given.verifyWrites),
    contentCut: await contentCutOf(session.repository, session.signal),
    cut: given.cut ?? ('auto' as const),
    programVersion,
    skipIfUnchanged: given.skipIfUnchanged,
    workingFolder: surroundings.workingFolder,
    withAtime: given.withAtime,
    ignoreInode: given.ignoreInode,
    ignoreCtime: given.ignoreCtime || given.ignoreInode,
    force: false,
    confirmed: session.confirmed,
  }
}

/** Targets that are not there are told of, and make the backup an incomplete one. */
async function targetsOf(call: BackupCall, session: Session, report: BackupReport): Promise<readonly ByteString[] | 'stream'> {
  const { options: given, positionals, surroundings, texts: words } = call
  if (given.stdin || given.stdinFromCommand) return 'stream'
  const lists = { patterns: given.filesFrom, verbatim: given.filesFromVerbatim, raw: given.filesFromRaw }
  const { targets, missing, unmatched } = await gatherTargets(
    lists,
    positionals,
    surroundings.workingFolder,
    session.repository.context.files,
  )
  for (const pattern of unmatched) call.output.warn(words.say('backup.unmatched', { pattern }))
  for (const path of missing) report.fail(absolutePath(path, surroundings.workingFolder), words.say('backup.missing', { path }))
  return targets
}

function streamPath({ options: { stdinFilename = 'stdin' } }: BackupCall): ByteString {
  return absolutePath(stdinFilename, '/')
}

function streamTarget(call: BackupCall, signal: AbortSignal): StreamTarget {
  const path = streamPath(call)
  const [program, ...args] = call.positionals
  if (call.options.stdinFromCommand && program !== undefined)
    return { path, ...commandSource([program, ...args], call.surroundings.environment, signal) }
  return { path, source: new StreamSource(process.stdin, signal), ended: Promise.resolve() }
}

function refuseContradictions({ options: given, positionals }: BackupCall): void {
  const isStream = given.stdin || given.stdinFromCommand
  const stream = given.stdinFromCommand ? '--stdin-from-command' : '--stdin'
  if (given.stdin && given.stdinFromCommand) throw usageError('error.exclusive', { one: '--stdin', other: '--stdin-from-command' })
  const lists: readonly (readonly [string, readonly ByteString[]])[] = [
    ['--files-from', given.filesFrom],
    ['--files-from-verbatim', given.filesFromVerbatim],
    ['--files-from-raw', given.filesFromRaw],
  ]
  for (const [option, files] of lists)
    if (isStream && files.length > 0) throw usageError('error.exclusive', { one: stream, other: option })
  if (given.stdin && positionals.length > 0) throw usageError('error.stdinAndPaths')
  if (given.stdinFromCommand && positionals.length === 0) throw usageError('error.noCommand', {}, 'hint.stdinCommand')
}
