import type { ByteString } from '@coffre/foundation'

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
