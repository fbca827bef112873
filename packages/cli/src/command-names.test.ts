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

test('help and versions', () => {
  assert.deepEqual(found(), { kind: 'overview', words: [] })
  assert.deepEqual(found('repo', '--help'), { kind: 'overview', words: [] })
  assert.deepEqual(found('repo', 'repair'), { kind: 'overview', words: ['repair'] })
  assert.deepEqual(found('repo', 'help', 'backup'), { words: 'backup', args: [], wantsHelp: true })
  assert.deepEqual(found('--version'), { kind: 'version' })
})

test('words that are no command name those that may be meant', () => {
  assert.throws(() => found('backup'), /there is no command "backup"/)
  assert.throws(() => found('repo', 'repair', 'indexes'), /there is no command "repair indexes"/)
  assert.throws(() => found('repo', '--bogus', 'backup'), /there is no option --bogus/)
})
