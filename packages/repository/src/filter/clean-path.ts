import type { ByteString } from '@coffre/foundation'

/** The shortest path of the same meaning by text alone, as Go's filepath.Clean gives it; '.' for the empty path. */
export function cleanPath(path: ByteString): ByteString {
  const isRooted = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!isRooted) parts.push('..')
  }
  const joined = parts.join('/')
  if (isRooted) return `/${joined}`
  return joined === '' ? '.' : joined
}
