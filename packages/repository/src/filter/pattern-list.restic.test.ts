import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { byteStringFrom, bytesOf } from '@coffre/foundation'
import { ResticOracle, SeededRandom, testSeed } from '@coffre/testkit'
import { PatternList } from './pattern-list.ts'
import { selectOnly, selectWithout } from './restore-selection.ts'

const notUtf8 = byteStringFrom(Buffer.of(0x61, 0xff))
const names = ['a', 'b', 'ab', 'A', 'x.txt', 'X.TXT', 'é', '日本😀', '[b]', '!a', 'a*', 'a b', notUtf8]
const files: readonly string[] = names.flatMap((name) => [
  `${name}.f`,
  ...names.slice(0, 6).flatMap((second) => [`d/${name}/${second}`, `${name}/${second}/a/${name}`]),
])
/** Read on the command line they would be options, or not the bytes they are. */
const patternParts = [
  ...names.filter((name) => name !== notUtf8),
  '*',
  '**',
  '?',
  'a?',
  '*.txt',
  '*.f',
  '[ab]',
  '[^a]*',
  '[a-é]',
  '\\[b]',
  'a\\*',
  '*b*',
  '..',
  '.',
  '',
  '*???',
  'd',
  'tree',
]

test('excludes and includes choose what they choose in restic', async () => {
  const random = new SeededRandom(testSeed('pattern-list.restic'))
  await using oracle = await ResticOracle.create()
  for (const file of files) {
    const path = bytesOf(join('/', oracle.folder, 'tree', file))
    await mkdir(bytesOf(dirname(byteStringFrom(path))), { recursive: true })
    await writeFile(path, 'x')
  }
  await oracle.run(['backup', 'tree', '--quiet'])
  let chosen = 0
  for (let round = 0; round < 60; round++) {
    const patterns = Array.from({ length: 1 + random.integer(3) }, () => randomPattern(random, oracle.folder))
    const ignoresCase = random.integer(4) === 0
    const kind = round % 3 === 0 ? 'exclude' : round % 3 === 1 ? 'include' : 'restore without'
    const option = `--${ignoresCase ? 'i' : ''}${kind === 'include' ? 'include' : 'exclude'}`
    const args = patterns.map((pattern) => `${option}=${pattern}`)
    const list = new PatternList(patterns, option, ignoresCase)
    const [printed, expected] =
      kind === 'exclude'
        ? [await printedFiles(oracle, ['backup', '--dry-run', '--force', '-vv', 'tree', ...args]), backedUp(list, oracle.folder)]
        : [
            await printedFiles(oracle, ['restore', 'latest', '--target', join(oracle.folder, 'out'), '--dry-run', '-vv', ...args]),
            restored(kind === 'include' ? selectOnly([list]) : selectWithout([list])),
          ]
    assert.deepEqual(printed, expected, `${kind} ${args.join(' ')}`)
    chosen += Number(expected.length > 0 && expected.length < files.length)
  }
  assert.ok(chosen > 10, `only ${chosen} rounds chose some files and not others`)
})

function randomPattern(random: SeededRandom, folder: string): string {
  const parts = Array.from({ length: 1 + random.integer(4) }, () => patternParts[random.integer(patternParts.length)] ?? '').join(
    '/',
  )
  const prefix =
    ['', '', '!', '/', '/tree/', '/**/', `${folder}/tree/`, `${folder}/**/`, `!${folder}/tree/`][random.integer(9)] ?? ''
  return prefix + parts === '' ? '*' : prefix + parts
}

/** The files of the tree that are left when a walk leaves out what the list matches. */
function backedUp(list: PatternList, folder: string): string[] {
  const isLeftOut = (path: string): boolean => ancestry(path).some((part) => list.matches(`${folder}${part}`))
  return comparable(files.map((file) => `/tree/${file}`).filter((path) => !isLeftOut(path)))
}

function restored(select: ReturnType<typeof selectOnly>): string[] {
  const isChosen = (path: string): boolean => {
    const folders = ancestry(path).slice(0, -1)
    return folders.every((folder) => select(folder, true).childMayBeSelected) && select(path, false).selected
  }
  return comparable(files.map((file) => `/tree/${file}`).filter(isChosen))
}

/** The path and all folders above it, the highest first. */
function ancestry(path: string): string[] {
  const parts = path.split('/')
  return parts.slice(1).map((_, i) => parts.slice(0, i + 2).join('/'))
}

async function printedFiles(oracle: ResticOracle, args: readonly string[]): Promise<string[]> {
  const lines = (await oracle.run([...args, '--json']).catch(emptySnapshot)).toString().trim().split('\n')
  const items = lines.map(
    (line) => JSON.parse(line) as { readonly message_type: string; readonly action?: string; readonly item?: string },
  )
  const known = new Set(comparable(files.map((file) => `/tree/${file}`)))
  return comparable(
    items.flatMap(({ message_type: type, item }) =>
      type === 'verbose_status' && item !== undefined && known.has(item) ? [item] : [],
    ),
  )
}

/** restic refuses to back up nothing. */
function emptySnapshot(error: unknown): string {
  if (error instanceof Error && error.message.includes('snapshot is empty')) return '{}'
  throw error
}

/** restic prints U+FFFD for a byte that is not UTF-8. */
function comparable(paths: readonly string[]): string[] {
  return paths.map((path) => path.toWellFormed()).sort()
}
