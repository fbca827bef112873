import { createHash } from 'node:crypto'
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs'
import { walkFiles } from './walk-files.ts'

/** What is in a tree: every name, content and link target, without times, modes and owners. Equal trees have equal digests. */
export interface TreeDigest {
  readonly files: number
  readonly folders: number
  readonly bytes: number
  readonly sha256: string
}

export function digestTree(folder: string): TreeDigest {
  const buffer = Buffer.allocUnsafe(1 << 20)
  const all = createHash('sha256')
  const counts = { files: 0, folders: 0, bytes: 0 }
  for (const { kind, path, absolutePath } of walkFiles(folder)) {
    all.update(`${kind} ${path}\0`)
    if (kind === 'folder') counts.folders++
    else counts.files++
    if (kind === 'other') all.update(readlinkSync(absolutePath))
    if (kind !== 'file') continue
    const content = createHash('sha256')
    const descriptor = openSync(absolutePath, 'r')
    for (let length = readSync(descriptor, buffer); length > 0; length = readSync(descriptor, buffer)) {
      content.update(buffer.subarray(0, length))
      counts.bytes += length
    }
    closeSync(descriptor)
    all.update(content.digest())
  }
  return { ...counts, sha256: all.digest('hex') }
}
