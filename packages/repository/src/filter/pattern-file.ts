import { type ByteString, byteStringFrom } from '@coffre/foundation'

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

/** As Go's os.Expand: names are of letters, digits and underscores, or one of the shell's special characters. Unknown ones are empty. */
export function expandVariables(text: ByteString, environment: Readonly<Record<string, string | undefined>>): ByteString {
  // An opening brace that nothing closes is dropped, and so is an empty pair of braces.
  return text.replace(
    /\$(?:\{([^}]*)\}|(\{)|([*#$@!?\-0-9])|(\w+))/g,
    (_all, braced?: string, _open?: string, special?: string, word?: string) => {
      const name = braced ?? special ?? word ?? ''
      return name === '$' ? '$' : (environment[name] ?? '')
    },
  )
}
