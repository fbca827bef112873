import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { LocalBackend, type StoredFiles } from '@coffre/storage'
import { fakeContext } from '../fake-clock.ts'

const hashBytes = 16
const contentHashes = new WeakMap<Uint8Array, string>()

/** A hash of names and contents, in any order. Contents are hashed once: states share them. */
export function stateHash(files: StoredFiles): string {
  const sum = Buffer.alloc(hashBytes)
  for (const [path, bytes] of files) {
    const entry = createHash('sha256')
      .update(`${path}\0${contentHash(bytes)}`)
      .digest()
    for (let at = 0; at < hashBytes; at++) sum[at] = (sum[at] ?? 0) ^ (entry[at] ?? 0)
  }
  return sum.toString('hex')
}

/** Lays the files out in a folder as restic and `LocalBackend` have them, so that stock restic can look at them. */
export async function writeStoredFiles(files: StoredFiles, folder: string): Promise<void> {
  await new LocalBackend(folder, fakeContext()).create(new AbortController().signal)
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
}

/** The files of a vault in a folder, leftovers included. */
export async function readStoredFiles(folder: string): Promise<StoredFiles> {
  const files = new Map<string, Uint8Array>()
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(relative(folder, path), new Uint8Array(await readFile(path)))
  }
  return files
}

function contentHash(bytes: Uint8Array): string {
  const known = contentHashes.get(bytes)
  if (known !== undefined) return known
  const hash = createHash('sha256').update(bytes).digest('hex')
  contentHashes.set(bytes, hash)
  return hash
}
