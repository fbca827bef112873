import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveCommand } from './command-names.ts'

function found(...args: string[]) {
  const command = resolveCommand(args)
  return command.kind === 'command'
    ? { words: command.entry.words.join(' '), args: command.args, wantsHelp: command.wantsHelp }
    : command
}

test('commands are found among global options, of one word or two, by other names too', () => {
  assert.deepEqual(found('repo', 'backup', '--tag', 'x', 'a'), { words: 'backup', args: ['--tag', 'x', 'a'], wantsHelp: false })
  assert.deepEqual(found('--json', 'repo', '-r', 'R', 'keys', '-q', 'list', 'x'), {
    words: 'keys list',
    args: ['--json', '-r', 'R', '-q', 'x'],
    wantsHelp: false,
  })
  assert.deepEqual(found('repo', 'key', 'add'), { words: 'keys add', args: [], wantsHelp: false })
})

test('what stands after repo works with no server, everything else asks one', () => {
  const trees = [
    ['backup', 'docs'],
    ['repo', 'backup', 'docs'],
    ['--json', 'vault', '-q', 'create', 'main'],
  ].map((args) => {
    const command = resolveCommand(args)
    return command.kind === 'command' ? [command.tree, command.entry.words.join(' '), ...command.args] : command
  })
  assert.deepEqual(trees, [
    ['server', 'backup', 'docs'],
    ['repo', 'backup', 'docs'],
    ['server', 'vault create', '--json', '-q', 'main'],
  ])
})

test('help and versions', () => {
  assert.deepEqual(found(), { kind: 'overview', tree: 'server', words: [] })
  assert.deepEqual(found('vault', '--help'), { kind: 'overview', tree: 'server', words: ['vault'] })
  assert.deepEqual(found('repo', '--help'), { kind: 'overview', tree: 'repo', words: [] })
  assert.deepEqual(found('repo', 'repair'), { kind: 'overview', tree: 'repo', words: ['repair'] })
  assert.deepEqual(found('repo', 'help', 'backup'), { words: 'backup', args: [], wantsHelp: true })
  assert.deepEqual(found('help', 'vault', 'create'), { words: 'vault create', args: [], wantsHelp: true })
  assert.deepEqual(found('--version'), { kind: 'version' })
})

test('words that are no command name those that may be meant', () => {
  const cases: readonly (readonly [args: readonly string[], message: string, hint: string])[] = [
    [['snapshots'], 'snapshots', 'Did you mean repo snapshots?'],
    [['restor'], 'restor', 'Did you mean restore?'],
    [['vault', 'creat'], 'vault creat', 'Did you mean vault create?'],
    [['vault', 'hael'], 'vault hael', 'Did you mean vault heal?'],
    [['rep'], 'rep', 'Did you mean repo?'],
    [['repo', 'repair', 'indexes'], 'repair indexes', 'Did you mean repo repair index?'],
    [['job', 'xyz'], 'job xyz', 'The commands are: job show, job wait, job log, job cancel.'],
  ]
  for (const [args, message, hint] of cases)
    assert.throws(() => found(...args), { message: `there is no command "${message}"`, hint }, args.join(' '))
  assert.throws(() => found('repo', '--bogus', 'backup'), /there is no option --bogus/)
})
