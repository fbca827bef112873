import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import {
  assertSameTree,
  GeneratedTree,
  ResticVault,
  SeededRandom,
  type TreeDescription,
  TreeProcess,
  temporaryFolder,
  testSeed,
} from '@coffre/testkit'
import type { Program } from './restored-tree.ts'

const run = promisify(execFile)
const launcher = join(import.meta.dirname, '../../../coffre')
const seed = testSeed('command line')

/** Two repositories, their passwords in files, and a tree, as a script would have them. */
class Scripted {
  readonly folder: string
  readonly #restic: ResticVault

  constructor(folder: string, restic: ResticVault) {
    this.folder = folder
    this.#restic = restic
  }

  at(name: string): string {
    return join(this.folder, name)
  }

  /** Standard output of `./coffre repo …`; rejects when its exit code is not 0. */
  async coffre(...args: readonly string[]): Promise<string> {
    return (await run(launcher, ['repo', ...args], { cwd: this.folder, maxBuffer: 1 << 26 })).stdout
  }

  async restic(repository: string, ...args: readonly string[]): Promise<string> {
    const environment = {
      RESTIC_REPOSITORY: this.at(repository),
      RESTIC_PASSWORD_FILE: this.at(`${repository}.password`),
      RESTIC_PASSWORD: '',
    }
    return (await this.#restic.restic(args, environment, this.folder)).toString()
  }

  access(repository: string): readonly string[] {
    return ['--repo', this.at(repository), '--password-file', this.at(`${repository}.password`)]
  }
}

test('a script keeps backups with the commands of the manual, and restic agrees with each of them', async () => {
  await using folder = await temporaryFolder()
  await using vault = await ResticVault.create()
  await using hand = new TreeProcess()
  const script = new Scripted(folder.path, vault)
  for (const name of ['first', 'second']) {
    await writeFile(script.at(`${name}.password`), `the password of ${name}\n`)
    await script.coffre('init', ...script.access(name))
  }
  const tree = await GeneratedTree.create(script.at('tree'), hand, new SeededRandom(seed), { sizesBytes: [9_000_001] })
  const expected: TreeDescription[] = []
  for (const tag of ['one', 'two', 'three']) {
    await tree.mutate(20)
    expected.push(await hand.describe(tree.folder))
    await script.coffre('backup', 'tree', ...script.access('first'), '--tag', tag, '--json')
  }
  await script.coffre(
    'copy',
    '--from-repo',
    script.at('first'),
    '--from-password-file',
    script.at('first.password'),
    ...script.access('second'),
  )
  await script.coffre('forget', '--keep-last', '2', '--prune', ...script.access('first'))
  const kept = { first: expected.slice(1), second: expected }
  for (const [repository, trees] of Object.entries(kept)) {
    await script.coffre('check', '--read-data', ...script.access(repository))
    await script.restic(repository, 'check', '--read-data')
    const snapshots = JSON.parse(await script.restic(repository, 'snapshots', '--json')) as readonly {
      readonly id: string
      readonly tags: readonly string[]
    }[]
    assert.deepEqual(
      snapshots.map(({ tags }) => tags),
      ['one', 'two', 'three'].slice(-trees.length).map((tag) => [tag]),
    )
    for (const [i, snapshot] of snapshots.entries()) {
      await assertRestores(script, hand, repository, snapshot.id, i % 2 === 0 ? 'restic' : 'coffre', trees[i])
    }
  }
  await script.coffre('restore', 'latest', '--target', script.at('latest'), ...script.access('first'), '--verify')
  assertSameTree(expected.at(-1) ?? new Map(), await hand.describe(script.at('latest/tree')), 'the latest snapshot')
})

/** By one program or the other. */
async function assertRestores(
  script: Scripted,
  hand: TreeProcess,
  repository: string,
  id: string,
  by: Program,
  expected: TreeDescription | undefined,
): Promise<void> {
  assert.ok(expected !== undefined)
  const target = script.at(`${repository}-${id}`)
  if (by === 'coffre') await script.coffre('restore', id, '--target', target, ...script.access(repository))
  else await script.restic(repository, 'restore', id, '--target', target)
  assertSameTree(expected, await hand.describe(`${target}/tree`), `${id} of ${repository}, restored by ${by}`)
}
