import type { ByteString } from '@coffre/foundation'

/** A path from the root, without `.`, `..` and doubled slashes: what Go's filepath.Abs makes of it. */
export function absolutePath(path: ByteString, workingFolder: ByteString): ByteString {
  const parts: ByteString[] = []
  for (const part of (path.startsWith('/') ? path : `${workingFolder}/${path}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
