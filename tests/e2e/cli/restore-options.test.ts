import assert from 'node:assert/strict'
import { lstat, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { CliVault } from './cli-vault.ts'
import { jsonLines } from './coffre-process.ts'
import { expectFailure } from './expect-failure.ts'

let vault: CliVault
let targets = 0
/** What utimes can set exactly. */
const wholeSecond = 1_600_000_000

/** All files below a folder, with their paths in it. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(vault.path(folder), { recursive: true, withFileTypes: true })
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return paths.map((path) => path.slice(vault.path(folder).length + 1)).sort()
}

function newTarget(): string {
  return `target${targets++}`
}

before(async () => {
  vault = await CliVault.create()
  await mkdir(join(vault.source, 'Logs'))
  await writeFile(join(vault.source, 'Logs/a.LOG'), 'log\n')
  await vault.succeed(['backup', 'source', '--tag', 'first'])
  await writeFile(join(vault.source, 'late.txt'), 'late\n')
  await utimes(join(vault.source, 'late.txt'), wholeSecond, wholeSecond)
  await vault.succeed(['backup', 'source', '--tag', 'second'])
  return () => vault[Symbol.asyncDispose]()
})

const selections: readonly (readonly [args: readonly string[], files: readonly string[]])[] = [
  [['latest'], ['source/Logs/a.LOG', 'source/inner/two.txt', 'source/late.txt', 'source/one.txt']],
  [
    ['latest', '--tag', 'first'],
    ['source/Logs/a.LOG', 'source/inner/two.txt', 'source/one.txt'],
  ],
  [['latest:/source/inner'], ['two.txt']],
  [['latest', '--include', '/source/inner'], ['source/inner/two.txt']],
  [
    ['latest', '-i', '*.txt', '--iinclude', '*.log'],
    ['source/Logs/a.LOG', 'source/inner/two.txt', 'source/late.txt', 'source/one.txt'],
  ],
  [
    ['latest', '--exclude', 'inner', '--iexclude', 'logs'],
    ['source/late.txt', 'source/one.txt'],
  ],
  [
    ['latest', '--exclude', '*.txt', '-e', '!one.txt'],
    ['source/Logs/a.LOG', 'source/one.txt'],
  ],
]

for (const [args, files] of selections) {
  test(`restore ${args.join(' ')}`, async () => {
    const target = newTarget()
    await vault.succeed(['restore', ...args, '--target', target])
    assert.deepEqual(await filesIn(target), files)
  })
}

test('patterns from files', async () => {
  const target = newTarget()
  await writeFile(vault.path('patterns'), '# only these\nlate.*\n')
  await vault.succeed(['restore', 'latest', '--include-file', 'patterns', '--target', target])
  assert.deepEqual(await filesIn(target), ['source/late.txt'])
})

test('existing files: always, if changed, if newer, never', async () => {
  for (const [mode, expected] of [
    ['always', 'late\n'],
    ['if-changed', 'LATE\n'],
    ['if-newer', 'LATE\n'],
    ['never', 'LATE\n'],
  ] as const) {
    const target = newTarget()
    await vault.succeed(['restore', 'latest', '--target', target])
    const file = vault.path(`${target}/source/late.txt`)
    // Of the same length and time: only a look at the content can tell.
    await writeFile(file, 'LATE\n')
    await utimes(file, wholeSecond, wholeSecond)
    await vault.succeed(['restore', 'latest', '--target', target, '--overwrite', mode])
    assert.equal(await readFile(file, 'utf8'), expected, mode)
  }
})

test('--delete removes what the snapshot has not, --dry-run only says so', async () => {
  const target = newTarget()
  await vault.succeed(['restore', 'latest', '--target', target])
  await writeFile(vault.path(`${target}/source/inner/more`), '')
  await mkdir(vault.path(`${target}/source/folder/deep`), { recursive: true })
  const dry = jsonLines(await vault.succeed(['restore', 'latest', '--target', target, '--delete', '--dry-run', '--json', '-vv']))
  const deleted = dry.filter((line) => line['action'] === 'deleted').map((line) => line['item'])
  assert.deepEqual(deleted.sort(), ['/source/folder', '/source/folder/deep', '/source/inner/more'])
  assert.equal(dry.at(-1)?.['files_deleted'], 3)
  assert.ok((await filesIn(target)).includes('source/inner/more'))
  await vault.succeed(['restore', 'latest', '--target', target, '--delete'])
  assert.deepEqual((await readdir(vault.path(`${target}/source`))).sort(), ['Logs', 'inner', 'late.txt', 'one.txt'])
  assert.deepEqual(await readdir(vault.path(`${target}/source/inner`)), ['two.txt'])
})

test('what makes no sense together', async () => {
  const target = newTarget()
  const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['--include', 'a', '--exclude', 'b'], /--include and --exclude/],
    [['--dry-run', '--verify'], /--dry-run and --verify/],
    [['--include-xattr', 'a', '--exclude-xattr', 'b'], /--include-xattr and --exclude-xattr/],
  ]
  for (const [args, message] of cases)
    expectFailure(await vault.run(['restore', 'latest', '-t', target, ...args]), 'usage.invalid', message)
  expectFailure(await vault.run(['restore', 'latest', '-t', '/', '--delete']), 'usage.invalid', /would remove everything/)
  await assert.rejects(lstat(vault.path(target)), { code: 'ENOENT' })
})

test('the summary counts files, folders and bytes', async () => {
  const target = newTarget()
  const summary = jsonLines(await vault.succeed(['restore', 'latest', '--target', target, '--json'])).at(-1)
  const { seconds_elapsed: _, ...counts } = summary ?? {}
  assert.deepEqual(counts, { message_type: 'summary', total_files: 7, files_restored: 7, total_bytes: 4013, bytes_restored: 4013 })
})
