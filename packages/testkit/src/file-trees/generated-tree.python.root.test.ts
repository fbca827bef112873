import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../seeded-random.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { awkwardNames, largeBoundarySizes, smallBoundarySizes } from './awkward-values.ts'
import { assertSameTree, treeDifferences } from './compare-trees.ts'
import { GeneratedTree } from './generated-tree.ts'
import type { TreeOperation } from './tree-operation.ts'
import { type EntryDescription, TreeProcess } from './tree-process.ts'

const seed = 5
const wantsTree = { sizesBytes: largeBoundarySizes.slice(0, 2), crowd: 100 }

test('a few trees have everything that a backup may meet', async () => {
  await using folder = await temporaryFolder()
  await using hand = new TreeProcess()
  const seen = new Set<string>()
  const names = new Set<string>()
  const random = new SeededRandom(seed)
  for (let number = 0; number < 12; number++) {
    const tree = await GeneratedTree.create(`${folder.path}/${number}`, hand, random, wantsTree)
    const entries = await hand.describe(tree.folder)
    for (const entry of entries.values()) for (const trait of traitsOf(entry)) seen.add(trait)
    for (const path of entries.keys()) names.add(path.slice(path.lastIndexOf('/') + 1))
  }
  const kinds = ['file', 'folder', 'symlink', 'fifo', 'block device', 'character device', 'linked', 'before 1970', 'after 2200']
  const modes = ['0o0', '0o4755', '0o2755', '0o1644', '0o7777', '0o1777'].map((mode) => `mode ${mode}`)
  const sizes = [...smallBoundarySizes, ...wantsTree.sizesBytes].map((size) => `size ${size}`)
  const attributes = ['user.empty', 'user.binary', 'user.long', 'user.é <&>', 'trusted.coffre', 'security.coffre'].map(
    (name) => `attribute ${name}`,
  )
  const missing = [...kinds, ...modes, ...sizes, ...attributes, 'owner 4294967290'].filter((trait) => !seen.has(trait))
  assert.deepEqual(missing, [])
  assert.deepEqual(
    awkwardNames.filter((name) => !names.has(name)),
    [],
  )
})

test('the same numbers make the same tree and the same changes', async () => {
  await using folder = await temporaryFolder()
  await using hand = new TreeProcess()
  const [first, second] = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const tree = await GeneratedTree.create(`${folder.path}/${name}`, hand, new SeededRandom(seed), wantsTree)
      const changes = await tree.mutate(40)
      return { changes, entries: await hand.describe(tree.folder) }
    }),
  )
  assert.ok(first !== undefined && second !== undefined)
  assert.deepEqual(first.changes, second.changes)
  // Times that nobody sets are those of the making.
  const lines = treeDifferences(first.entries, second.entries).filter((line) => !line.includes(': mtime is '))
  assert.deepEqual(lines, [])
})

test('every change of a tree is seen', async () => {
  await using folder = await temporaryFolder()
  await using hand = new TreeProcess()
  const root = `${folder.path}/tree`
  const at = (name: string): string => `${root}/${name}`
  await hand.change([
    { do: 'folder', path: root },
    { do: 'write', path: at('file'), pieces: [['random', 100, 1]] },
    { do: 'link', path: at('linked'), source: at('file') },
    { do: 'symlink', path: at('symlink'), target: 'there' },
    { do: 'device', path: at('device'), kind: 'block', major: 1, minor: 2 },
    { do: 'times', path: root, seconds: 5, nanoseconds: 5 },
  ])
  const before = await hand.describe(root)
  const changed = async (expected: RegExp, ...changes: readonly TreeOperation[]): Promise<void> => {
    await hand.change(changes)
    const after = await hand.describe(root)
    assert.throws(() => assertSameTree(before, after, 'tree'), expected)
  }
  await changed(/"file": sha256 is/, { do: 'edit', path: at('file'), offset: 99, pieces: [['zeros', 1, 0]], keepTimes: true })
  await changed(/"file": mtime is "-1" /, { do: 'times', path: at('file'), seconds: -1, nanoseconds: 999_999_999 })
  await changed(/"file": mode is "0o4755"/, { do: 'mode', path: at('linked'), mode: 0o4755 })
  await changed(/"symlink": owner is "3:4"/, { do: 'owner', path: at('symlink'), uid: 3, gid: 4 })
  await changed(/"file": attribute user.a is "00"/, { do: 'attribute', path: at('file'), name: 'user.a', value: '00' })
  await changed(/"file": names is absent/, { do: 'replace', path: at('linked'), pieces: [['random', 100, 1]] })
  await changed(
    /"symlink": target is "here"/,
    { do: 'remove', path: at('symlink') },
    { do: 'symlink', path: at('symlink'), target: 'here' },
  )
  await changed(
    /"device": kind is "character device"/,
    { do: 'remove', path: at('device') },
    { do: 'device', path: at('device'), kind: 'character', major: 1, minor: 2 },
  )
  await changed(/"device": missing/, { do: 'remove', path: at('device') })
  await changed(/"more": should not be there/, { do: 'fifo', path: at('more') })
})

function traitsOf(entry: EntryDescription): string[] {
  const seconds = Number(entry['mtime']) / 1e9
  return [
    `${entry['kind']}`,
    `mode ${entry['mode']}`,
    `size ${entry['size']}`,
    `owner ${String(entry['owner']).split(':')[0]}`,
    ...Object.keys(entry).filter((name) => name.startsWith('attribute ')),
    ...('names' in entry ? ['linked'] : []),
    ...(seconds < 0 ? ['before 1970'] : []),
    ...(seconds > 7_258_000_000 ? ['after 2200'] : []),
  ]
}
