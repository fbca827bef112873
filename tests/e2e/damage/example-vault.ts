import {
  addKeyFile,
  BlobReader,
  contentCutOf,
  findFolder,
  type Id,
  listSnapshots,
  loadIndex,
  Repository,
  type RepositoryIndex,
} from '@coffre/repository'
import type { StoredFiles } from '@coffre/storage'
import { RepositoryFixture, SeededRandom } from '@coffre/testkit'
import { encodeLock } from '../../../packages/repository/src/format/lock-codec.ts'
import { appendState } from '../../../packages/repository/src/state/append-state.ts'

const signal = new AbortController().signal

export const kinds = ['config', 'key', 'lock', 'snapshot', 'index', 'data pack', 'tree pack', 'state', 'format'] as const
export type Kind = (typeof kinds)[number]

/** A vault with some files of each kind, and what is in it. */
export interface ExampleVault extends AsyncDisposable {
  readonly fixture: RepositoryFixture
  readonly files: StoredFiles
  /** The paths of each kind, the oldest first where they have an age. */
  readonly paths: Readonly<Record<Kind, readonly string[]>>
  /** Content by path below the source folder, for each snapshot. */
  readonly contents: ReadonlyMap<Id, Readonly<Record<string, Buffer>>>
  readonly known: { readonly snapshots: ReadonlySet<Id>; readonly keys: ReadonlySet<Id>; readonly locks: ReadonlySet<Id> }
}

export async function exampleVault(seed: number): Promise<ExampleVault> {
  const fixture = await RepositoryFixture.create({ seed })
  const { repository, backend } = fixture
  const contents = new Map<Id, Record<string, Buffer>>()
  const all: Record<string, Buffer> = {}
  for (const round of [0, 1, 2, 3]) {
    const files: Record<string, Uint8Array> = {
      [`d${round}/noise`]: fixture.noise(30_000 + round, seed + round),
      [`d${round}/text`]: Buffer.from(`words of round ${round} `.repeat(400)),
      'shared/same': Buffer.from('the same in all rounds'),
      'shared/changing': Buffer.from(`round ${round}`),
    }
    for (const [path, bytes] of Object.entries(files)) all[path] = Buffer.from(bytes)
    const contentCut = await contentCutOf(repository, signal)
    const { id } = await fixture.snapshot(files, { contentCut, packBytes: 20_000 })
    contents.set(id, { ...all })
  }
  const context = { ...fixture.context, random: new SeededRandom(seed) }
  const second = await addKeyFile(backend, repository.masterKey, Buffer.from('second'), context, signal)
  const locks: Id[] = []
  for (const pid of [1, 2]) {
    const lock = {
      time: '2026-01-01T00:00:00Z',
      exclusive: false,
      hostname: 'elsewhere',
      username: 'somebody',
      pid,
      uid: 0,
      gid: 0,
    }
    locks.push(await repository.saveUnpacked('lock', encodeLock(lock), signal))
  }
  const snapshots = await listSnapshots(repository, signal)
  const addedKeys = [repository.keyId, second].map((name) => ({ type: 'key', name }) as const)
  await appendState(repository, () => ({ kind: 'known', added: addedKeys, removed: [] }), signal)
  for (const { id } of snapshots) {
    await appendState(repository, () => ({ kind: 'known', added: [{ type: 'snapshot', name: id }], removed: [] }), signal)
  }
  const files = backend.files()
  const [treePacks, dataPacks] = await packsByKind(repository, files)
  const inFolder = (folder: string): string[] => [...files.keys()].filter((path) => path.startsWith(folder))
  return {
    fixture,
    files,
    contents,
    known: { snapshots: new Set(contents.keys()), keys: new Set([repository.keyId, second]), locks: new Set(locks) },
    paths: {
      'config': ['config'],
      'key': inFolder('keys/'),
      'lock': inFolder('locks/'),
      'snapshot': inFolder('snapshots/'),
      'index': inFolder('index/'),
      'data pack': dataPacks,
      'tree pack': treePacks,
      'state': inFolder('coffre/state/'),
      'format': ['coffre/format'],
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

async function packsByKind(repository: Repository, files: StoredFiles): Promise<readonly [trees: string[], data: string[]]> {
  const { blobs, packs } = await loadIndex(repository, {}, signal)
  const trees = new Set<string>()
  for (let entry = 0; entry < blobs.count; entry++) {
    const name = packs.id(blobs.packOf(entry))
    if (blobs.isTree(entry)) trees.add(`data/${name.slice(0, 2)}/${name}`)
  }
  const all = [...files.keys()].filter((path) => path.startsWith('data/'))
  return [all.filter((path) => trees.has(path)), all.filter((path) => !trees.has(path))]
}

/** What can be read of a snapshot: content by path, and what went wrong with the rest. */
export interface ReadSnapshot {
  readonly contents: Readonly<Record<string, Buffer>>
  readonly problems: readonly string[]
}

export async function readSnapshot(repository: Repository, index: RepositoryIndex, id: Id, source: string): Promise<ReadSnapshot> {
  const reader = new BlobReader(repository, index)
  const contents: Record<string, Buffer> = {}
  const problems: string[] = []
  const read = async (tree: Id, below: string): Promise<void> => {
    for (const node of await reader.tree(tree, signal)) {
      const path = below === '' ? node.name : `${below}/${node.name}`
      try {
        if (node.subtree !== undefined) await read(node.subtree, path)
        else contents[path] = Buffer.concat(await Promise.all((node.content ?? []).map((blob) => reader.blob(blob, false, signal))))
      } catch (error) {
        problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
  try {
    const snapshot = (await listSnapshots(repository, signal, () => undefined)).find((stored) => stored.id === id)
    if (snapshot === undefined) problems.push(`snapshot ${id} is not there`)
    else await read(await findFolder(reader, snapshot.tree, source, signal), '')
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error))
  }
  return { contents, problems }
}

/** The same vault on other storage, opened while it was still sound. */
export function onBackend({ repository }: RepositoryFixture, backend: Repository['backend']): Repository {
  return new Repository(backend, repository.context, repository.config, repository.masterKey, repository.keyId)
}
