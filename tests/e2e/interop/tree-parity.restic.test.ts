import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ByteString, compareByteStrings } from '@coffre/foundation'
import { BlobReader, type Id, loadIndex, loadSnapshot, type Node } from '@coffre/repository'
import { GeneratedTree, type ResticVault, SeededRandom, TreeProcess, testSeed } from '@coffre/testkit'
import { coffreBackup, plainVariation, type WriteVariation } from './coffre-side.ts'
import { resticMadeVault } from './restic-made-vault.ts'

/** restic cuts database files like all others. */
const asRestic: WriteVariation = { ...plainVariation, cut: 'content' }
/** What restic will do by itself some day: st_dev only where hard links need it. Coffre does so already. */
const futureRestic = { RESTIC_FEATURES: 'device-id-for-hardlinks=true' }
const seed = testSeed('tree parity')
const workingFolder = process.cwd()

let vault: ResticVault
let hand: TreeProcess
let tree: GeneratedTree

before(async () => {
  vault = await resticMadeVault({ seed })
  hand = new TreeProcess()
  // What both see as `tree`, since the times of the folders above change all the time.
  process.chdir(vault.path('.'))
  tree = await GeneratedTree.create(vault.path('tree'), hand, new SeededRandom(seed), { sizesBytes: [9_000_000] })
})
after(async () => {
  process.chdir(workingFolder)
  await hand[Symbol.asyncDispose]()
  await vault[Symbol.asyncDispose]()
})

test('both make the same nodes of the same files, down to the blobs', async () => {
  const theirs = await resticBackup(['tree'], futureRestic)
  const { snapshotId: ours, counts } = await coffreBackup(vault, ['tree'], asRestic, { parent: undefined })
  assert.equal(counts.dataBlobs, 0, 'Coffre cut a file in another way than restic')
  const listed = await nodes(theirs)
  assert.ok(listed.length > 80)
  await assertNoDifference(theirs, ours)
})

test('the restic of today tells st_dev of every entry, and nothing else differs', async () => {
  const theirs = await resticBackup(['tree'])
  const { snapshotId: ours } = await coffreBackup(vault, ['tree'], asRestic)
  assert.notDeepEqual(await nodes(ours), await nodes(theirs))
  assertSameLines(await nodes(theirs, ['deviceId']), await nodes(ours, ['deviceId']), 'without st_dev')
})

test('each takes the other for its own parent: nothing is read again', async () => {
  const theirs = await resticBackup(['tree'], futureRestic)
  const ours = await coffreBackup(vault, ['tree'], asRestic, {
    parent: await loadSnapshot(await vault.open(), theirs, vault.signal),
  })
  assert.deepEqual([ours.counts.filesNew, ours.counts.filesChanged, ours.counts.dirsNew], [0, 0, 0])
  assert.ok(ours.counts.filesUnmodified > 30)
  const lines = await vault.resticLines(['backup', 'tree', '--parent', ours.snapshotId], {}, process.cwd())
  const summary = JSON.parse(lines.at(-1) ?? '') as Record<string, number>
  assert.deepEqual([summary['files_new'], summary['files_changed'], summary['data_blobs']], [0, 0, 0])
  assert.equal(summary['files_unmodified'], ours.counts.filesUnmodified)
})

test('nodes stay equal as the tree changes', async () => {
  for (let round = 0; round < 3; round++) {
    const changes = await tree.mutate(25)
    const { snapshotId: ours } = await coffreBackup(vault, ['tree'], asRestic)
    const theirs = await resticBackup(['tree', '--force'], futureRestic)
    await assertNoDifference(theirs, ours, changes.join(', '))
  }
})

/** Targets seen from the folder that holds the tree, which has few others beside it. */
const layouts: readonly (readonly [from: '.' | 'deep', targets: readonly ByteString[]])[] = [
  ['.', ['deep']],
  ['.', ['./deep/']],
  ['.', ['deep/d', 'other']],
  ['.', ['deep/../other']],
  ['.', ['.']],
  ['deep', ['.']],
  ['deep', ['..']],
  ['deep', ['../other', 'file']],
  ['deep', ['../other', 'other']],
  ['.', ['ABSOLUTE/other', 'other']],
  ['.', ['ABSOLUTE/deep/file', 'ABSOLUTE/deep/d']],
  ['.', ['ABSOLUTE/deep', 'ABSOLUTE/deep/d']],
  ['.', ['deep/d', 'deep']],
  ['.', ['ABSOLUTE/./deep//d/..']],
]

test('targets are laid out alike, wherever they are seen from', async () => {
  const place = vault.path('layouts')
  await hand.change([
    ...['', '/deep', '/deep/d', '/deep/other', '/other'].map((path) => ({ do: 'folder', path: place + path }) as const),
    ...['/deep/file', '/deep/d/inner', '/other/file', '/deep/other/mine'].map(
      (path) => ({ do: 'write', path: place + path, pieces: [['text', 10, 1]] }) as const,
    ),
  ])
  for (const [from, given] of layouts) {
    const targets = given.map((target) => target.replace('ABSOLUTE', place))
    const what = `${targets.join(' ')} from ${from}`
    process.chdir(`${place}/${from}`)
    const { snapshotId: ours } = await coffreBackup(vault, targets, asRestic, { parent: undefined, workingFolder: process.cwd() })
    const theirs = await resticBackup(targets, futureRestic)
    assert.deepEqual(await snapshotPaths(ours), await snapshotPaths(theirs), what)
    await assertNoDifference(theirs, ours, what)
  }
})

/** The new snapshot's id. */
async function resticBackup(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Id> {
  const lines = await vault.resticLines(['backup', '--host', 'interop', ...args], environment, process.cwd())
  const summary = JSON.parse(lines.at(-1) ?? '') as { readonly snapshot_id: Id }
  return summary.snapshot_id
}

async function snapshotPaths(id: Id): Promise<readonly ByteString[]> {
  return (await loadSnapshot(await vault.open(), id, vault.signal)).paths
}

/** As restic lists them and as Coffre reads them, every field of each node. */
async function assertNoDifference(theirs: Id, ours: Id, what = ''): Promise<void> {
  assertSameLines(await listing(theirs), await listing(ours), what)
  const changes = await vault.resticLines(['diff', theirs, ours, '--metadata', '--no-lock'])
  // A folder counts as changed when attributes stand in another order somewhere below: restic keeps the file system's, Coffre sorts.
  assertSameLines(
    [],
    changes.filter((line) => line.includes('"change"') && !line.includes('/","')),
    what,
  )
  assertSameLines(await nodes(theirs), await nodes(ours), what)
}

function assertSameLines(expected: readonly string[], actual: readonly string[], what: string): void {
  const missing = expected.filter((line) => !actual.includes(line))
  const surplus = actual.filter((line) => !expected.includes(line))
  assert.equal([...missing.map((line) => `- ${line}`), ...surplus.map((line) => `+ ${line}`)].slice(0, 20).join('\n'), '', what)
  assert.equal(actual.length, expected.length, what)
}

async function listing(id: Id): Promise<string[]> {
  const lines = (await vault.resticLines(['ls', id, '--no-lock'])).slice(1)
  return lines.map((line) => {
    const { path, type } = JSON.parse(line) as { readonly path: string; readonly type: string }
    return isAbove(path) ? `${path} ${type}` : line
  })
}

/** Whether others may change the folder meanwhile. */
function isAbove(path: string): boolean {
  return tree.folder.startsWith(`${path}/`)
}

async function nodes(id: Id, leftOut: readonly (keyof Node)[] = []): Promise<string[]> {
  const repository = await vault.open()
  const reader = new BlobReader(repository, await loadIndex(repository, {}, vault.signal))
  const lines: string[] = []
  const walk = async (tree: Id, path: ByteString): Promise<void> => {
    for (const node of await reader.tree(tree, vault.signal)) {
      const kept = Object.entries(node).filter(([field]) => !leftOut.some((other) => other === field))
      const here = `${path}/${node.name}`
      lines.push(`${here} ${isAbove(here) ? node.type : nodeText(Object.fromEntries(kept))}`)
      if (node.subtree !== undefined) await walk(node.subtree, here)
    }
  }
  await walk((await loadSnapshot(repository, id, vault.signal)).tree, '')
  return lines
}

function nodeText({ subtree, extendedAttributes = [], ...fields }: Partial<Node>): string {
  const attributes = extendedAttributes
    .toSorted((a, b) => compareByteStrings(a.name, b.name))
    .map(({ name, value }) => [name, Buffer.from(value).toString('hex')])
  const all = { ...fields, attributes, hasTree: subtree !== undefined }
  return JSON.stringify(Object.entries(all).sort(), (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
}
