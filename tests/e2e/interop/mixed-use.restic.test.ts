import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Id, parseUnusedLimit } from '@coffre/repository'
import { chosen, GeneratedTree, ResticVault, SeededRandom, TreeProcess, testSeed } from '@coffre/testkit'
import { coffreBackup, coffreCheck, coffreForget, coffrePrune, coffreSnapshots, coffreTag } from './coffre-side.ts'
import { resticMadeVault } from './restic-made-vault.ts'
import { assertRestores, type KnownSnapshot, type Program } from './restored-tree.ts'

const steps = 24
const seed = testSeed('mixed use')

describe('both programs use one repository in turn', { concurrency: 2 }, () => {
  test('which Coffre made', async () => proveTurns(await ResticVault.create({ seed }), seed))
  test('which restic made', async () => proveTurns(await resticMadeVault({ seed: seed + 1 }), seed + 1))
})

async function proveTurns(opened: ResticVault, seed: number): Promise<void> {
  await using vault = opened
  await using hand = new TreeProcess()
  const random = new SeededRandom(seed)
  const tree = await GeneratedTree.create(vault.path('tree'), hand, random, { entries: 30 })
  const turns = new Turns(vault, hand, random, tree)
  for (let step = 0; step < steps; step++) await turns.next()
  await turns.conclude()
}

type Turn = (program: Program) => Promise<string>

/** What must be in the repository, and what each program may do to it. */
class Turns {
  readonly #vault: ResticVault
  readonly #hand: TreeProcess
  readonly #random: SeededRandom
  readonly #tree: GeneratedTree
  #snapshots: readonly KnownSnapshot[] = []
  readonly #history: string[] = []

  constructor(vault: ResticVault, hand: TreeProcess, random: SeededRandom, tree: GeneratedTree) {
    this.#vault = vault
    this.#hand = hand
    this.#random = random
    this.#tree = tree
  }

  async next(): Promise<void> {
    const turn = this.#snapshots.length < 2 ? this.#backup : chosen(this.#random, this.#turns)
    const program = chosen(this.#random, ['coffre', 'restic'] as const)
    await this.#proved(async () => {
      this.#history.push(`${program}: ${await turn(program)}`)
      const found = (await coffreSnapshots(this.#vault)).map(({ id }) => id)
      assert.deepEqual(found.sort(), this.#snapshots.map(({ id }) => id).sort())
    })
  }

  /** Both find it sound and restore all of it. */
  async conclude(): Promise<void> {
    await this.#proved(async () => {
      for (const program of ['coffre', 'restic'] as const) {
        await this.#check(program)
        for (const snapshot of this.#snapshots) await this.#restored(snapshot, program)
      }
      const listed = JSON.parse((await this.#vault.resticLines(['snapshots', '--no-lock']))[0] ?? '') as readonly {
        readonly id: Id
      }[]
      assert.deepEqual(listed.map(({ id }) => id).sort(), this.#snapshots.map(({ id }) => id).sort())
    })
  }

  readonly #backup: Turn = async (program) => {
    const changes = await this.#tree.mutate(this.#random.integer(15))
    const expected = await this.#hand.describe(this.#tree.folder)
    const id =
      program === 'coffre'
        ? (await coffreBackup(this.#vault, [this.#tree.folder], undefined, { timeMs: this.#timeMs() })).snapshotId
        : await this.#resticBackup()
    this.#snapshots = [...this.#snapshots, { id, expected }]
    return `backup ${id} after ${changes.join(', ')}`
  }

  readonly #forget: Turn = async (program) => {
    const forgotten = this.#snapshots
      .slice(1)
      .filter(() => this.#random.integer(2) === 0)
      .map(({ id }) => id)
    this.#snapshots = this.#snapshots.filter(({ id }) => !forgotten.includes(id))
    if (program === 'coffre') await coffreForget(this.#vault, forgotten)
    else if (forgotten.length > 0) await this.#vault.restic(['forget', ...forgotten])
    return `forget ${forgotten.join(', ')}`
  }

  readonly #prune: Turn = async (program) => {
    const maxUnused = chosen(this.#random, ['0', '5%', 'unlimited'])
    if (program === 'coffre') await coffrePrune(this.#vault, { maxUnused: parseUnusedLimit(maxUnused) })
    else await this.#vault.restic(['prune', '--max-unused', maxUnused])
    return `prune, at most ${maxUnused} unused`
  }

  readonly #check: Turn = async (program) => {
    if (program === 'coffre') await coffreCheck(this.#vault)
    else await this.#vault.restic(['check', '--read-data'])
    return 'check'
  }

  readonly #restore: Turn = async (program) => {
    const snapshot = chosen(this.#random, this.#snapshots)
    await this.#restored(snapshot, program)
    return `restore ${snapshot.id}`
  }

  readonly #tag: Turn = async (program) => {
    const chosenOne = chosen(this.#random, this.#snapshots)
    const tag = `tag <${this.#history.length}> "&é`
    const id = program === 'coffre' ? await coffreTag(this.#vault, chosenOne.id, tag) : await this.#resticTag(chosenOne.id, tag)
    this.#snapshots = this.#snapshots.map((snapshot) => (snapshot === chosenOne ? { ...snapshot, id } : snapshot))
    return `tag ${chosenOne.id}, now ${id}`
  }

  readonly #turns: readonly Turn[] = [
    this.#backup,
    this.#backup,
    this.#backup,
    this.#forget,
    this.#prune,
    this.#prune,
    this.#check,
    this.#restore,
    this.#tag,
  ]

  async #resticBackup(): Promise<Id> {
    const lines = await this.#vault.resticLines([
      'backup',
      this.#tree.folder,
      '--host',
      'interop',
      '--time',
      resticTime(this.#timeMs()),
    ])
    return (JSON.parse(lines.at(-1) ?? '') as { readonly snapshot_id: Id }).snapshot_id
  }

  async #resticTag(id: Id, tag: string): Promise<Id> {
    const lines = await this.#vault.resticLines(['tag', '--add', tag, id])
    const changed = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { readonly message_type: string; readonly new_snapshot_id: Id })
      .find((line) => line.message_type === 'changed')
    return changed?.new_snapshot_id ?? assert.fail(`restic changed nothing: ${lines.join(' ')}`)
  }

  async #restored(snapshot: KnownSnapshot, program: Program): Promise<void> {
    await assertRestores(this.#vault, this.#hand, snapshot, this.#tree.folder, program, snapshot.id)
  }

  #timeMs(): number {
    return Date.UTC(2026, 0, 1, this.#history.length)
  }

  async #proved(action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      throw new Error(`after ${this.#history.join('\n  ')}`, { cause: error })
    }
  }
}

/** As `--time` takes it, in the zone that the test runs in. */
function resticTime(timeMs: number): string {
  const local = new Date(timeMs - new Date(timeMs).getTimezoneOffset() * 60_000)
  return local.toISOString().slice(0, 19).replace('T', ' ')
}
