import { type ByteString, byteStringFrom } from '@coffre/foundation'
import { expandVariables } from './expand-variables.ts'

/** What Go's unicode.IsSpace calls white space. */
const space = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const outerSpace = new RegExp(`^${space}|${space}$`, 'g')

/** The text of a file that a person wrote: UTF-8, or what its byte order mark says. Bytes that are not UTF-8 are kept as they are. */
export function decodeTextFile(content: Uint8Array): ByteString {
  const [first, second, third] = content
  if (first === 0xef && second === 0xbb && third === 0xbf) return byteStringFrom(content.subarray(3))
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(content)
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(content)
  return byteStringFrom(content)
}

/**
 * The patterns in a file of --exclude-file and its like: one a line, without the space around it; empty lines and those that begin with
 * # are left out. `$NAME` and `${NAME}` become what `environment` says, `$$` a dollar sign.
 */
export function parsePatternFile(content: Uint8Array, environment: Readonly<Record<string, string | undefined>>): ByteString[] {
  const lines = decodeTextFile(content)
    .split('\n')
    .map((line) => line.replace(outerSpace, ''))
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => expandVariables(line, environment))
}
