import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface WalkedFile {
  readonly kind: 'file' | 'folder' | 'other'
  /** Below the folder that is walked. */
  readonly path: string
  readonly absolutePath: string
}

/** Everything below a folder, each folder's entries sorted, a folder before its entries. Symlinks are not followed. */
export function* walkFiles(folder: string, below = ''): Generator<WalkedFile> {
  const entries = readdirSync(join(folder, below), { withFileTypes: true })
  // By code units, the same on every machine.
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other'
    yield { kind, path, absolutePath: join(folder, path) }
    if (kind === 'folder') yield* walkFiles(folder, path)
  }
}

/** The bytes of all files below a folder, as their lengths say. */
export function totalBytes(folder: string): number {
  let bytes = 0
  for (const { kind, absolutePath } of walkFiles(folder)) if (kind === 'file') bytes += lstatSync(absolutePath).size
  return bytes
}
