import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { choice, commaTexts, count, flag, parseWholeNumber, text, texts, value } from './option.ts'
import { firstPositional, parseArguments } from './parse-arguments.ts'

const table = {
  repo: text('repo', 'location', { short: 'r' }),
  json: flag('json'),
  dryRun: flag('dry-run', { short: 'n' }),
  verbose: count('verbose', { short: 'v' }),
  exclude: texts('exclude', 'pattern', { short: 'e' }),
  cacert: commaTexts('cacert', 'file'),
  mode: choice('mode', ['fast', 'slow']),
  limit: value('limit', 'n', parseWholeNumber),
} as const

function options(...args: string[]) {
  return parseArguments(args, table).options
}

test('values stand after a space or an equals sign, and letters hold theirs right away', () => {
  for (const args of [['--repo', 'R'], ['--repo=R'], ['-r', 'R'], ['-rR'], ['-r=R'], ['--repo', 'other', '-r', 'R']]) {
    assert.equal(options(...args).repo, 'R', args.join(' '))
  }
  assert.equal(options('--repo=').repo, '')
  assert.equal(options('-r', '--json').repo, '--json')
})

test('flags need no value and may be taken back', () => {
  assert.equal(options('--json').json, true)
  assert.equal(options('--json=false').json, false)
  assert.equal(options('--json', '--json=F').json, false)
  assert.equal(options().json, false)
})

test('letters combine, the last one with its value', () => {
  const { dryRun, verbose, repo } = options('-nvvrR')
  assert.deepEqual([dryRun, verbose, repo], [true, 2, 'R'])
  assert.equal(options('-v', '--verbose').verbose, 2)
  assert.equal(options('--verbose=2').verbose, 2)
})

test('options that may be repeated keep every value, in order', () => {
  assert.deepEqual(options('-e', 'a,b', '--exclude=c', '-ed').exclude, ['a,b', 'c', 'd'])
  assert.deepEqual(options('--cacert', 'a,b', '--cacert', 'c').cacert, ['a', 'b', 'c'])
})

test('positionals stand anywhere; after -- everything is one, and - is one', () => {
  const { positionals, given } = parseArguments(['a', '--json', 'b', '-', '--', '--repo', '--', 'c'], table)
  assert.deepEqual(positionals, ['a', 'b', '-', '--repo', '--', 'c'])
  assert.deepEqual([...given], ['json'])
})

test('what is wrong is told: unknown options with what may be meant, missing and senseless values', () => {
  const cases: readonly (readonly [args: readonly string[], message: RegExp, hint?: RegExp])[] = [
    [['--jsno'], /^there is no option --jsno$/, /--json/],
    [['--exc', 'x'], /^there is no option --exc$/, /--exclude/],
    [['--unlike-any'], /--unlike-any/, /--help/],
    [['-nx'], /^there is no option -x$/],
    [['--repo'], /--repo needs a value/],
    [['-vr'], /-r needs a value/],
    [['--mode', 'medium'], /"medium" for --mode: expected fast \| slow/],
    [['--limit', '-1'], /"-1" for --limit/],
    [['--json=maybe'], /"maybe" for --json: expected true \| false/],
    [['--verbose=a'], /"a" for --verbose/],
  ]
  for (const [args, message, hint = /./] of cases) {
    assert.throws(
      () => options(...args),
      (error) => {
        assert.ok(isCoffreError(error, 'usage.invalid'))
        assert.match(error.message, message)
        assert.match(error.hint ?? '', hint)
        return true
      },
    )
  }
})

test('the name of a command is found behind options and their values', () => {
  assert.equal(firstPositional(['--json', '-r', 'R', 'backup', '--tag', 'x'], table), 3)
  assert.equal(firstPositional(['backup'], table), 0)
  assert.equal(firstPositional(['--json'], table), undefined)
})
