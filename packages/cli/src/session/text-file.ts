import { readFile } from 'node:fs/promises'
import { type ByteString, bytesOf } from '@coffre/foundation'
import { decodeTextFile } from '@coffre/repository'
import { usageError } from '../messages/command-line-error.ts'

/** A small text file as people save them: UTF-8 with or without a byte order mark, UTF-16 with one. Other bytes stay as they are. */
export async function readTextFile(path: ByteString, option: string): Promise<ByteString> {
  return decodeTextFile(await readBytes(path, option))
}

export async function readBytes(path: ByteString, option: string): Promise<Buffer> {
  try {
    return await readFile(bytesOf(path))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw usageError(
      'error.unreadableFile',
      { path, option, problem: code },
      code === 'ENOENT' ? 'hint.filePath' : 'hint.fileAccess',
    )
  }
}

/** The lines of a text, without their ends. */
export function linesOf(text: ByteString): ByteString[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  if (lines.at(-1) === '') lines.pop()
  return lines
}

const spaces = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const outerSpaces = new RegExp(`^${spaces}|${spaces}$`, 'g')

/** Without the white space around it: Unicode's, which is what restic cuts off. */
export function trimSpaces(text: ByteString): ByteString {
  return text.replace(outerSpaces, '')
}
