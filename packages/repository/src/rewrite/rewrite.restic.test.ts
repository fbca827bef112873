import assert from 'node:assert/strict'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ResticVault, SeededRandom, testSeed } from '@coffre/testkit'
import { PatternList } from '../filter/pattern-list.ts'
import type { Id } from '../format/node.ts'
import type { StoredSnapshot } from '../format/snapshot.ts'
import { nothingHeld } from '../prune/held.ts'
import { BlobReader } from '../repository/blob-reader.ts'
import { loadIndex } from '../repository/load-index.ts'
import type { Repository } from '../repository/repository.ts'
import { listSnapshots } from '../snapshots/snapshots.ts'
import { changeTags, type TagChange, tagChangeToJson, tagSummaryToJson } from './change-tags.ts'
import { recoverSnapshot } from './recover-snapshot.ts'
import { type RewriteOptions, rewriteSnapshots } from './rewrite-snapshots.ts'

const store = { compression: 'auto', verification: 'all' } as const
const fail = (name: string, error: unknown): never => assert.fail(`${name}: ${error}`)

async function filledVault(): Promise<ResticVault> {
  const vault = await ResticVault.create()
  const random = new SeededRandom(testSeed('rewrite.restic'))
  for (const folder of ['keep/deep', 'secret/deep', 'empty']) mkdirSync(join(vault.source, folder), { recursive: true })
  for (const name of ['keep/a', 'keep/deep/b.log', 'secret/c', 'secret/deep/d', 'e.log']) {
    writeFileSync(join(vault.source, name), random.bytes(1000 + random.integer(100_000)))
  }
  await vault.restic(['backup', '.', '--tag', 'one,two', '--host', 'first'])
  writeFileSync(join(vault.source, 'keep/later'), random.bytes(5000))
  await vault.restic(['backup', 'keep', '--host', 'second'])
  return vault
}

/** Lets restic do the same to a copy of the vault; the snapshots that are there afterwards. */
async function byRestic(vault: ResticVault, args: readonly string[]): Promise<{ output: string[]; snapshots: StoredSnapshot[] }> {
  const copy = vault.path(`copy-${args[0]}-${copies++}`)
  cpSync(vault.location, copy, { recursive: true })
  const output = (await vault.restic(args, { RESTIC_REPOSITORY: copy })).toString().trimEnd().split('\n')
  return { output, snapshots: await listSnapshots(await vault.open({ location: copy }), vault.signal) }
}
let copies = 0

function withoutIds(snapshots: readonly StoredSnapshot[]): string[] {
  return snapshots.map(({ id, ...rest }) => JSON.stringify(rest, Object.keys({ ...rest, ...rest.summary }).sort())).sort()
}

async function rewriteAll(repository: Repository, vault: ResticVault, options: Partial<RewriteOptions>): Promise<number> {
  const index = await loadIndex(repository, { trustOnlyListedPacks: true }, vault.signal)
  const base = { isExcluded: undefined, snapshotSummary: false, forget: false, dryRun: false, held: nothingHeld }
  return rewriteSnapshots(
    repository,
    index,
    await listSnapshots(repository, vault.signal),
    { ...base, ...store, ...options },
    vault.signal,
  )
}

test('rewrite makes the snapshots that restic makes', async () => {
  const excluding = (...patterns: string[]): Partial<RewriteOptions> => {
    const list = new PatternList(patterns, 'exclude')
    return { isExcluded: (path) => list.matches(path) }
  }
  const cases: (readonly [args: string[], options: Partial<RewriteOptions>])[] = [
    [['--exclude', 'secret'], excluding('secret')],
    [['--exclude', '*.log', '--exclude', '/keep/deep', '--forget'], { ...excluding('*.log', '/keep/deep'), forget: true }],
    [['--exclude', '*'], excluding('*')],
    [['--exclude', 'nothing'], excluding('nothing')],
    [['--new-host', 'other', '--new-time', '2020-02-02 02:02:02'], { newHost: 'other', newTime: '2020-02-02T02:02:02Z' }],
    [['--snapshot-summary'], { snapshotSummary: true }],
    [['--exclude', 'secret', '--dry-run'], { ...excluding('secret'), dryRun: true }],
  ]
  for (const [args, options] of cases) {
    await using vault = await filledVault()
    const { snapshots, output } = await byRestic(vault, ['rewrite', ...args])
    const repository = await vault.open()
    const changed = await rewriteAll(repository, vault, options)
    assert.deepEqual(withoutIds(await listSnapshots(repository, vault.signal)), withoutIds(snapshots), args.join(' '))
    const told = output.at(-1)?.match(/(?:modified|would modify) (\d+) snapshots/)?.[1] ?? '0'
    assert.equal(String(changed), told, args.join(' '))
    await vault.restic(['check', '--read-data'])
  }
})

test('tags change as with restic', async () => {
  const cases: (readonly [args: string[], change: TagChange])[] = [
    [['--add', 'three,one'], { add: ['three', 'one'], remove: [] }],
    [['--remove', 'one'], { add: [], remove: ['one'] }],
    [['--add', 'three,four', '--remove', 'one'], { add: ['three', 'four'], remove: ['one'] }],
    [['--set', 'new'], { set: ['new'] }],
    [['--remove', 'none'], { add: [], remove: ['none'] }],
  ]
  await using vault = await filledVault()
  for (const [args, change] of cases) {
    const { snapshots, output } = await byRestic(vault, ['tag', '--json', ...args])
    const repository = await vault.open()
    const lines: string[] = []
    const onChanged = (oldId: Id, newId: Id): number => lines.push(tagChangeToJson(oldId, newId))
    const options = { change, held: nothingHeld, onChanged, onError: fail }
    const changed = await changeTags(repository, await listSnapshots(repository, vault.signal), options, vault.signal)
    lines.push(tagSummaryToJson(changed))
    assert.deepEqual(withoutIds(await listSnapshots(repository, vault.signal)), withoutIds(snapshots), args.join(' '))
    const newId = /"new_snapshot_id":"[0-9a-f]+"/
    const comparable = (all: readonly string[]): string[] => all.map((line) => line.replace(newId, '')).sort()
    assert.deepEqual(comparable(lines), comparable(output.filter((line) => line.startsWith('{'))))
  }
  await vault.restic(['check', '--read-data'])
})

test('recover finds the roots that restic finds', async () => {
  await using vault = await filledVault()
  await vault.restic(['backup', 'secret'])
  const [first, second] = await listSnapshots(await vault.open(), vault.signal)
  await vault.restic(['forget', first?.id ?? '', second?.id ?? ''])
  const { snapshots } = await byRestic(vault, ['recover'])
  const repository = await vault.open()
  const index = await loadIndex(repository, {}, vault.signal)
  const { roots, snapshotId } = await recoverSnapshot(
    repository,
    index,
    { ...store, onUnreadable: fail, onDamaged: fail },
    vault.signal,
  )
  assert.deepEqual(new Set(roots), new Set([first?.tree, second?.tree]))
  const recovered = (await listSnapshots(repository, vault.signal)).find(({ id }) => id === snapshotId)
  const expected = snapshots.find(({ tags }) => tags?.includes('recovered'))
  assert.deepEqual([recovered?.paths, recovered?.tags], [expected?.paths, expected?.tags])
  const nodes = await new BlobReader(repository, await loadIndex(repository, {}, vault.signal)).tree(
    recovered?.tree ?? '',
    vault.signal,
  )
  const inCopy = await vault.open({ location: vault.path(`copy-recover-${copies - 1}`) })
  const reference = await new BlobReader(inCopy, await loadIndex(inCopy, {}, vault.signal)).tree(expected?.tree ?? '', vault.signal)
  const timeless = (all: typeof nodes): unknown => all.map((node) => ({ ...node, mtime: '', atime: '', ctime: '' }))
  assert.deepEqual(timeless(nodes), timeless(reference))
  await vault.restic(['check', '--read-data'])
  const again = await recoverSnapshot(
    repository,
    await loadIndex(repository, {}, vault.signal),
    { ...store, onUnreadable: fail, onDamaged: fail },
    vault.signal,
  )
  assert.deepEqual(again, { roots: [], snapshotId: undefined })
})
