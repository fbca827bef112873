import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { link, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { findTool } from '@coffre/testkit'
import { CliVault } from './cli-vault.ts'
import { jsonLines } from './coffre-process.ts'

type Json = Record<string, unknown>

interface Output {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** restic on the same repository. */
function restic(vault: CliVault, args: readonly string[], repo: string = vault.repo): Promise<Output> {
  const env = {
    ...process.env,
    RESTIC_REPOSITORY: repo,
    RESTIC_PASSWORD_FILE: vault.passwordFile,
    RESTIC_CACHE_DIR: vault.path('cache'),
  }
  return new Promise((resolve) => {
    execFile(findTool('restic', 'COFFRE_RESTIC'), args, { env, cwd: vault.folder, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

async function both(vault: CliVault, args: readonly string[]): Promise<readonly [ours: Output, theirs: Output]> {
  const { exitCode, stdout, stderr } = await vault.run(args)
  return [{ exitCode: exitCode ?? -1, stdout, stderr }, await restic(vault, args)]
}

/** The names of fields, of those inside of them as well, by the kind of message. */
function fieldsByType(lines: readonly Json[]): Record<string, string[]> {
  const found: Record<string, Set<string>> = {}
  for (const line of lines) {
    const type = String(line['message_type'])
    const fields = found[type] ?? new Set()
    found[type] = fields
    // Left out where it is 0: a matter of chance.
    for (const name of namesIn(line)) if (name !== 'seconds_elapsed') fields.add(name)
  }
  return Object.fromEntries(Object.entries(found).map(([type, names]) => [type, [...names].sort()]))
}

function namesIn(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item) => namesIn(item, `${prefix}[]`))
  return Object.entries(value).flatMap(([name, inner]) => [prefix + name, ...namesIn(inner, `${prefix}${name}.`)])
}

/** restic prints some of its messages as they are, whatever was asked for. */
function resticLines(text: string): Json[] {
  return jsonLines(
    text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .join('\n'),
  )
}

let vault: CliVault
let ids: string[]

before(async () => {
  vault = await CliVault.create()
  await symlink('one.txt', join(vault.source, 'link'))
  await link(join(vault.source, 'one.txt'), join(vault.source, 'again.txt'))
  await writeFile(join(vault.source, 'quo"te<&>é.txt'), 'x'.repeat(5_000))
  await vault.succeed(['backup', 'source', '--tag', 'a,b'])
  await writeFile(join(vault.source, 'one.txt'), 'one, changed\n')
  await writeFile(join(vault.source, 'three.txt'), 'three\n')
  await vault.succeed(['backup', 'source', '--host', 'other', '--exclude', 'inner'])
  const { exitCode, stderr } = await restic(vault, ['backup', 'source', '--tag', 'c'])
  assert.equal(exitCode, 0, stderr)
  ids = (JSON.parse((await restic(vault, ['snapshots', '--json'])).stdout) as { id: string }[]).map(({ id }) => id)
  return () => vault[Symbol.asyncDispose]()
})

const identical: readonly { readonly name: string; readonly args: () => readonly string[] }[] = [
  { name: 'snapshots', args: () => ['snapshots', '--json'] },
  { name: 'snapshots --latest', args: () => ['snapshots', '--json', '--latest', '1'] },
  { name: 'snapshots of a tag', args: () => ['snapshots', '--json', '--tag', 'a,b', '--tag', 'c'] },
  { name: 'ls', args: () => ['ls', '--json', 'latest'] },
  { name: 'ls of a folder', args: () => ['ls', '--json', '--recursive', `${ids[0]}:/source`, '/inner'] },
  { name: 'ls, sorted', args: () => ['ls', '--json', '--sort', 'size', '--reverse', 'latest'] },
  { name: 'ls as text', args: () => ['ls', '-q', '--long', '--human-readable', 'latest'] },
  { name: 'find', args: () => ['find', '--json', '*.txt', 'inner'] },
  { name: 'find nothing', args: () => ['find', '--json', 'nothing-of-this-name'] },
  { name: 'find as text', args: () => ['find', '-q', '-R', '-i', '*.TXT'] },
  { name: 'diff', args: () => ['diff', '--json', ids[0] ?? '', ids[1] ?? ''] },
  { name: 'diff --metadata', args: () => ['diff', '--json', '--metadata', ids[1] ?? '', ids[2] ?? ''] },
  { name: 'stats', args: () => ['stats', '--json'] },
  { name: 'stats files-by-contents', args: () => ['stats', '--json', '--mode', 'files-by-contents'] },
  { name: 'stats blobs-per-file', args: () => ['stats', '--json', '--mode', 'blobs-per-file', 'latest'] },
  { name: 'stats raw-data', args: () => ['stats', '--json', '--mode', 'raw-data'] },
  { name: 'key list', args: () => ['key', 'list', '--json'] },
  { name: 'cat config', args: () => ['cat', 'config'] },
  { name: 'cat snapshot', args: () => ['cat', 'snapshot', ids[0] ?? ''] },
  { name: 'cat tree', args: () => ['cat', 'tree', `${ids[2]}:/source`] },
  { name: 'dump a file', args: () => ['dump', 'latest', '/source/inner/two.txt'] },
  { name: 'check', args: () => ['check', '--json'] },
  { name: 'ls --ncdu', args: () => ['ls', '--ncdu', 'latest'] },
]

for (const { name, args } of identical) {
  test(`${name}: the same output as restic's`, async () => {
    const [ours, theirs] = await both(vault, args())
    assert.equal(ours.exitCode, 0, ours.stderr)
    assert.equal(theirs.exitCode, 0, theirs.stderr)
    // Where restic's own order is by chance or its line breaks are its own, it is the content that counts.
    if (name === 'ls --ncdu') assert.deepEqual(JSON.parse(ours.stdout), JSON.parse(theirs.stdout))
    else assert.equal(ours.stdout.trimEnd(), theirs.stdout.trimEnd())
  })
}

test('snapshots --group-by and forget --dry-run: the same groups', async () => {
  for (const args of [
    ['snapshots', '--json', '--group-by', 'host,tags'],
    ['forget', '--json', '--dry-run', '--keep-last', '1', '--group-by', 'host'],
    ['forget', '--json', '--dry-run', '--keep-tag', 'a', '--keep-within', '1h', '--group-by', ''],
  ]) {
    const [ours, theirs] = await both(vault, args)
    const inOrder = (text: string): Json[] =>
      (JSON.parse(text) as Json[]).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    assert.deepEqual(inOrder(ours.stdout), inOrder(theirs.stdout), args.join(' '))
  }
})

test('backup, restore, tag and init: the same kinds of messages on the same streams, with the same fields', async () => {
  const repo = vault.path('theirs')
  const mine = vault.path('ours')
  const [ourInit, theirInit] = [await vault.run(['init', '--json', '--repo', mine]), await restic(vault, ['init', '--json'], repo)]
  assert.deepEqual(fieldsByType(jsonLines(ourInit.stdout)), fieldsByType(resticLines(theirInit.stdout)))
  const steps: readonly (readonly string[])[] = [
    ['backup', 'source', '--json', '--dry-run', '-vv'],
    ['backup', 'source', '--json', '-vv'],
    ['backup', 'source', '--json', '-vv', '--skip-if-unchanged'],
    ['restore', 'latest', '--json', '-vv', '--target'],
    ['tag', '--json', '--add', 'new'],
    ['check', '--json', '--read-data'],
  ]
  for (const args of steps) {
    const target = (name: string): string[] => (args[0] === 'restore' ? [vault.path(name)] : [])
    const ours = await vault.run([...args, ...target('our-files'), '--repo', mine])
    const theirs = await restic(vault, [...args, ...target('their-files')], repo)
    assert.equal(ours.exitCode, theirs.exitCode, ours.stderr)
    const isLasting = (line: Json): boolean => line['message_type'] !== 'status' && line['action'] !== 'scan_finished'
    for (const stream of ['stdout', 'stderr'] as const) {
      const [our, their] = [jsonLines(ours[stream]), resticLines(theirs[stream])]
      assert.deepEqual(fieldsByType(our.filter(isLasting)), fieldsByType(their.filter(isLasting)), `${args.join(' ')}: ${stream}`)
    }
  }
})

test('status lines have no field that restic has not', () => {
  const known = ['seconds_elapsed', 'seconds_remaining', 'percent_done', 'total_files', 'files_done', 'total_bytes', 'bytes_done']
  const backup = ['message_type', ...known, 'error_count', 'current_files']
  return (async () => {
    const env = { COFFRE_PROGRESS_FPS: '10' }
    const lines = jsonLines(await vault.succeed(['backup', 'source', '--force', '--json'], { env }))
    for (const line of lines.filter((one) => one['message_type'] === 'status')) {
      for (const name of Object.keys(line)) assert.ok(backup.includes(name), name)
    }
  })()
})

test('errors: the same exit codes and fields, and some of our own', async () => {
  const wrong = vault.path('wrong')
  await writeFile(wrong, 'wrong\n')
  for (const args of [
    ['snapshots', '--json', '--repo', 'nowhere'],
    ['snapshots', '--json', '--password-file', wrong],
    ['backup', '--json', 'nowhere'],
  ]) {
    const [ours, theirs] = await both(vault, args)
    assert.equal(ours.exitCode, theirs.exitCode, args.join(' '))
    const [ourError, theirError] = [jsonLines(ours.stderr).at(-1) ?? {}, resticLines(theirs.stderr).at(-1) ?? {}]
    assert.equal(ourError['message_type'], 'exit_error')
    assert.equal(ourError['code'], theirError['code'])
    assert.deepEqual(
      Object.keys(ourError)
        .filter((name) => !['error', 'hint'].includes(name))
        .sort(),
      Object.keys(theirError).sort(),
    )
  }
})
