/** The name of a source's log in a vault, for ever: what a journal takes, whatever the source is called. */
export function logOf(source: string): string {
  return encodeURIComponent(source).replace(/[!'()*~%]/g, (character) =>
    character === '%' ? '~' : `~${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
