import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { CliVault, type ListedSnapshot } from './cli-vault.ts'
import { jsonLines } from './coffre-process.ts'

test('standard input becomes a file', async () => {
  await using vault = await CliVault.create()
  await vault.succeed(['backup', '--stdin', '--stdin-filename', 'dumps/shop.sql', '--tag', 'a,b', '--tag', 'c'], {
    input: 'INSERT\n',
  })
  assert.equal(await vault.succeed(['dump', 'latest', 'dumps/shop.sql']), 'INSERT\n')
  const [snapshot] = await vault.json<ListedSnapshot[]>(['snapshots'])
  assert.deepEqual(snapshot?.paths, ['/dumps/shop.sql'])
  assert.deepEqual(snapshot?.tags, ['a', 'b', 'c'])
})

test("a command's output becomes a file, and a failing command leaves no snapshot", async () => {
  await using vault = await CliVault.create()
  const program = 'process.stdout.write("x".repeat(3e6)); process.exitCode = Number(process.argv[1])'
  const command = ['--', process.execPath, '-e', program]
  const failed = await vault.run(['backup', '--stdin-from-command', ...command, '7'])
  assert.equal(failed.exitCode, 1)
  assert.match(failed.stderr, /coffre: source\.command: the command .* ended with exit code 7\nhint: /)
  const missing = await vault.run(['backup', '--stdin-from-command', 'no-such-program'])
  assert.equal(missing.exitCode, 1)
  assert.match(missing.stderr, /coffre: source\.command: the command no-such-program cannot be run \(ENOENT\)/)
  assert.deepEqual(await vault.json<ListedSnapshot[]>(['snapshots']), [])
  await vault.succeed(['backup', '--stdin-from-command', ...command, '0'])
  assert.equal((await vault.succeed(['dump', 'latest', '/stdin'])).length, 3e6)
})

test('lists of paths: patterns with comments, verbatim, and with zero bytes', async () => {
  await using vault = await CliVault.create()
  await writeFile(vault.path('patterns'), '\ufeff# what to keep\n\n  source/*.txt  \n')
  await vault.succeed(['backup', '--files-from', 'patterns'])
  assert.equal(await vault.succeed(['ls', 'latest']), '/source\n/source/one.txt\n')
  await writeFile(vault.path('source/ # odd'), '')
  await writeFile(vault.path('verbatim'), 'source/ # odd\n\n')
  await vault.succeed(['backup', '--files-from-verbatim', 'verbatim', 'source/inner'])
  assert.equal(await vault.succeed(['ls', 'latest']), '/source\n/source/ # odd\n/source/inner\n/source/inner/two.txt\n')
  await vault.succeed(['backup', '--files-from-raw', '-'], { input: 'source/one.txt\0' })
  assert.equal(await vault.succeed(['ls', 'latest']), '/source\n/source/one.txt\n')
  const unfinished = await vault.run(['backup', '--files-from-raw', '-'], { input: 'source/one.txt' })
  assert.equal(unfinished.exitCode, 20)
  assert.match(unfinished.stderr, /does not end with a zero byte/)
})

test('what is excluded: patterns, whatever the case, files with patterns, caches, marked folders, and large files', async () => {
  await using vault = await CliVault.create()
  for (const folder of ['cache', 'marked', 'kept']) await mkdir(join(vault.source, folder))
  const files = {
    'cache/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55\n',
    'cache/data': '',
    'marked/.nobackup': '',
    'marked/data': '',
    'kept/CACHEDIR.TAG': 'something else',
    'kept/A.TMP': '',
    'kept/b.log': '',
    'kept/large': 'x'.repeat(2048),
    'kept/small': 'x'.repeat(1024),
    'kept/$HOME': '',
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(vault.source, name), content)
  await writeFile(vault.path('patterns'), '# logs\n*.log\n$THING\n')
  const rules = ['--iexclude', '*.tmp', '--exclude-file', 'patterns', '--exclude-caches', '--exclude-if-present', '.nobackup']
  await vault.succeed(['backup', 'source', '--exclude', 'inner', '--exclude-larger-than', '1K', ...rules], {
    env: { THING: '$HOME' },
  })
  const kept = [
    '',
    '/cache',
    '/cache/CACHEDIR.TAG',
    '/kept',
    '/kept/CACHEDIR.TAG',
    '/kept/small',
    '/marked',
    '/marked/.nobackup',
    '/one.txt',
  ]
  assert.deepEqual(
    (await vault.succeed(['ls', 'latest'])).trimEnd().split('\n'),
    kept.map((path) => `/source${path}`),
  )
})

test('the parent is the latest of the same host and paths, and an unchanged tree can do without a snapshot', async () => {
  await using vault = await CliVault.create()
  const backup = async (...args: string[]) => {
    const lines = jsonLines(await vault.succeed(['backup', '--json', ...args]))
    return lines.find((line) => line['message_type'] === 'summary') ?? {}
  }
  const first = await backup('source', '--host', 'a')
  await backup('source', '--host', 'b')
  await backup('source/inner', '--host', 'a')
  const again = await backup('source', '--host', 'a')
  assert.equal(again['files_unmodified'], 2)
  assert.equal((await vault.json<ListedSnapshot[]>(['snapshots', again['snapshot_id'] as string]))[0]?.parent, first['snapshot_id'])
  const skipped = await backup('source', '--host', 'a', '--skip-if-unchanged')
  assert.equal('snapshot_id' in skipped, false)
  const forced = await backup('source', '--host', 'a', '--force')
  assert.equal(forced['files_new'], 2)
  const dated = await backup('source', '--host', 'a', '--time', '2020-02-03 04:05:06')
  assert.equal(dated['files_new'], 2, 'a parent is not later than the backup')
  const [old] = await vault.json<ListedSnapshot[]>(['snapshots', dated['snapshot_id'] as string])
  assert.equal(new Date(old?.time ?? '').getTime(), new Date(2020, 1, 3, 4, 5, 6).getTime())
})

test('a dry run stores nothing and takes no lock', async () => {
  await using vault = await CliVault.create()
  const summary = jsonLines(await vault.succeed(['backup', 'source', '--dry-run', '--json'])).at(-1)
  assert.equal(summary?.['dry_run'], true)
  assert.equal(summary?.['files_new'], 2)
  assert.deepEqual(await vault.json<ListedSnapshot[]>(['snapshots']), [])
  assert.match(await vault.succeed(['prune', '--dry-run']), /to delete: +0 blobs/)
})

test('file names of any bytes are taken from the command line and given back', async () => {
  await using vault = await CliVault.create()
  const script = 'printf content > "$(printf "odd\\377name")" && exec "$0" "$@" "$(printf "odd\\377name")"'
  const program = ['sh', '-c', script, process.execPath, join(import.meta.dirname, '../../../packages/cli/src/main.ts')] as const
  const { exitCode, stderr } = await vault.run(['backup'], { command: [...program] })
  assert.equal(exitCode, 0, stderr)
  const listed = JSON.parse((await vault.succeed(['ls', 'latest', '--json'])).split('\n')[1] ?? '')
  assert.equal(listed.name, 'odd\ufffdname')
  await vault.succeed(['restore', 'latest', '--target', 'out'])
  const restored = await vault.run(['cat', 'config'], { command: ['sh', '-c', 'cat out/odd*'] })
  assert.equal(restored.stdout, 'content')
})
