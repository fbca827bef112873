import assert from 'node:assert/strict'
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { CliVault, type ListedSnapshot } from './cli-vault.ts'
import { ended, jsonLines, said, startCoffre } from './coffre-process.ts'
import { expectFailure } from './expect-failure.ts'

function snapshots(vault: CliVault): Promise<ListedSnapshot[]> {
  return vault.json<ListedSnapshot[]>(['snapshots'])
}

test('tag and rewrite make new snapshots of old ones', async () => {
  await using vault = await CliVault.create()
  await vault.succeed(['backup', 'source', '--tag', 'a'])
  assert.match(await vault.succeed(['tag', '--add', 'b,c', '--remove', 'a', 'latest']), /modified 1 snapshots/)
  assert.deepEqual(
    (await snapshots(vault)).map(({ tags }) => tags?.toSorted()),
    [['b', 'c']],
  )
  await vault.succeed(['tag', '--set', '', 'latest'])
  assert.deepEqual(
    (await snapshots(vault)).map(({ tags }) => tags),
    [undefined],
  )
  const [{ id } = { id: '' }] = await snapshots(vault)

  assert.match(await vault.succeed(['rewrite', '--exclude', 'inner', '--dry-run']), /would modify 1 snapshots/)
  assert.equal((await snapshots(vault)).length, 1)
  const lines = jsonLines(
    await vault.succeed(['rewrite', '--exclude', 'inner', '--new-host', 'other', '--new-time', '2020-01-02 03:04:05', '--json']),
  )
  assert.deepEqual(
    lines.map((line) => line['message_type']),
    ['changed', 'summary'],
  )
  assert.equal(lines[0]?.['old_snapshot_id'], id)
  const rewritten = (await snapshots(vault)).find((snapshot) => snapshot.id !== id)
  assert.deepEqual([rewritten?.id, rewritten?.hostname, rewritten?.tags], [lines[0]?.['new_snapshot_id'], 'other', ['rewrite']])
  assert.equal(await vault.succeed(['ls', rewritten?.id ?? '']), '/source\n/source/one.txt\n')
  await vault.succeed(['rewrite', '--iexclude', '*.TXT', '--forget', id])
  assert.equal(
    (await snapshots(vault)).some((snapshot) => snapshot.id === id),
    false,
  )
  expectFailure(await vault.run(['rewrite']), 'usage.invalid', /nothing to do/)
  expectFailure(await vault.run(['tag', '--set', 'x', '--add', 'y']), 'usage.invalid', /--set and --add/)
})

test('forget: named snapshots, and what protects the careless', async () => {
  await using vault = await CliVault.create()
  for (const tag of ['a', 'b', 'c']) await vault.succeed(['backup', 'source', '--tag', tag])
  const [first, second, third] = (await snapshots(vault)).map(({ id }) => id)
  assert.match(await vault.succeed(['forget', first ?? '', '--dry-run']), /would remove 1 snapshots/)
  assert.match(await vault.succeed(['forget', first ?? '']), /removed 1 snapshots/)
  assert.deepEqual(
    (await snapshots(vault)).map(({ id }) => id),
    [second, third],
  )
  expectFailure(await vault.run(['forget', '--unsafe-allow-remove-all']), 'usage.invalid', /--host, --tag or --path/)
  expectFailure(await vault.run(['forget', '--keep-last', '0', '--keep-tag', 'none']), 'usage.invalid', /keeps no snapshot/)
  await vault.succeed(['forget', '--tag', 'b', '--unsafe-allow-remove-all'])
  assert.deepEqual(
    (await snapshots(vault)).map(({ id }) => id),
    [third],
  )
  const removed = jsonLines(await vault.succeed(['prune', '--json', '--max-unused', '0']))
  assert.equal(removed.at(-1)?.['message_type'], 'summary')
  await vault.succeed(['check', '--read-data'])
})

test('keys: several passwords open a repository, the one in use stays', async () => {
  await using vault = await CliVault.create()
  await writeFile(vault.path('P2'), 'second\n')
  const added = jsonLines(
    await vault.succeed(['keys', 'add', '--new-password-file', 'P2', '--user', 'u', '--host', 'h', '--json']),
  )[0]
  const keys = await vault.json<{ current: boolean; id: string; userName: string; hostName: string }[]>([
    'keys',
    'list',
    '-p',
    'P2',
  ])
  const second = keys.find(({ current }) => current)
  assert.deepEqual([keys.length, second?.id, second?.userName, second?.hostName], [2, added?.['added_key'], 'u', 'h'])
  expectFailure(
    await vault.run(['keys', 'remove', second?.id ?? '', '-p', 'P2']),
    'usage.invalid',
    /the one that opened the repository/,
  )
  await vault.succeed(['keys', 'passwd'], { env: { COFFRE_NEW_PASSWORD: 'third' } })
  expectFailure(await vault.run(['snapshots']), 'repository.password', /none of the 2 key files/)
  await vault.succeed(['keys', 'remove', second?.id.slice(0, 8) ?? ''], {
    env: { COFFRE_PASSWORD_FILE: '', COFFRE_PASSWORD: 'third' },
  })
  expectFailure(await vault.run(['snapshots', '-p', 'P2']), 'repository.password', /none of the 1 key files/)
  await vault.succeed(['snapshots'], { env: { COFFRE_PASSWORD_FILE: '', RESTIC_PASSWORD: 'third' } })
  expectFailure(
    await vault.run(['keys', 'add'], { env: { COFFRE_PASSWORD_FILE: '', COFFRE_PASSWORD: 'third' } }),
    'usage.invalid',
    /no new password/,
  )
})

test('locks of a killed backup are stale, and unlock removes them', async () => {
  await using vault = await CliVault.create()
  const env = { COFFRE_REPO: vault.repo, COFFRE_PASSWORD_FILE: vault.passwordFile }
  const backup = startCoffre(['repo', 'backup', '--stdin'], { env, input: '' })
  const result = ended(backup)
  await said(backup, 'no parent')
  const [alive] = await vault.json<{ pid: number; exclusive: boolean; stale: boolean }[]>(['locks'])
  assert.deepEqual([alive?.pid, alive?.exclusive, alive?.stale], [backup.pid, false, false])
  assert.equal(await vault.succeed(['unlock']), '')
  backup.kill('SIGKILL')
  await result
  const [dead] = await vault.json<{ stale: boolean }[]>(['locks'])
  assert.equal(dead?.stale, true)
  expectFailure(await vault.run(['prune']), 'repository.locked', /locked by process/, /stale.*unlock/)
  assert.equal(await vault.succeed(['unlock']), 'removed 1 locks\n')
  await vault.succeed(['prune'])
})

test('repair: a lost index is made anew, damaged packs are saved as far as they can be, snapshots lose what is lost', async () => {
  await using vault = await CliVault.create()
  await vault.succeed(['backup', 'source', '--pack-size', '4'])
  for (const name of await readdir(join(vault.repo, 'index'))) await rm(join(vault.repo, 'index', name))
  const lost = await vault.run(['check'])
  expectFailure(lost, 'repository.damaged', /\d+ errors/, /repair/)
  assert.match(await vault.succeed(['repair', 'index', '--dry-run']), /would be made anew/)
  assert.match(await vault.succeed(['repair', 'index']), /the index is new: [1-9]\d* packs added/)
  await vault.succeed(['check', '--read-data'])

  const index = JSON.parse(await vault.succeed(['cat', 'index', (await readdir(join(vault.repo, 'index')))[0] ?? '']))
  const packs = (index.packs as { id: string; blobs: { type: string; offset: number }[] }[]).filter(
    ({ blobs }) => blobs[0]?.type === 'data',
  )
  for (const { id } of packs) {
    const file = join(vault.repo, 'data', id.slice(0, 2), id)
    const content = await readFile(file)
    content[20] = (content[20] ?? 0) ^ 1
    await chmod(file, 0o600)
    await writeFile(file, content)
  }
  const checked = await vault.run(['check', '--read-data', '--json'])
  const broken = (jsonLines(checked.stdout).at(-1)?.['broken_packs'] ?? []) as string[]
  assert.deepEqual(broken, packs.map(({ id }) => id).sort())
  assert.match(await vault.succeed(['repair', 'packs', ...broken]), /saved \d+ blobs, [12] are lost/)
  for (const id of broken) assert.ok((await readdir(vault.folder)).includes(`pack-${id}`))
  assert.match(await vault.succeed(['repair', 'snapshots', '--forget']), /modified 1 snapshots/)
  await vault.succeed(['check', '--read-data'])
  assert.equal((await snapshots(vault)).length, 1)
  await vault.succeed(['restore', 'latest', '--target', 'out', '--verify'])
})

test('recover finds what was forgotten, until it is pruned', async () => {
  await using vault = await CliVault.create()
  await vault.succeed(['backup', 'source'])
  const [{ id, tree } = { id: '', tree: '' }] = await snapshots(vault)
  await vault.succeed(['forget', id])
  assert.match(await vault.succeed(['recover']), /found 1 trees that nothing refers to\nsnapshot [0-9a-f]{8} saved/)
  const folder = `/${tree.slice(0, 8)}`
  assert.match(await vault.succeed(['ls', 'latest']), new RegExp(`^${folder}\\n${folder}/source\\n`))
  assert.deepEqual((await snapshots(vault))[0]?.tags, ['recovered'])
})
