/** Names with commas between them; a comma within double quotes is part of a name. */
export function splitNames(given: string): readonly string[] {
  return [...given.matchAll(/(?:"(?:[^"]|"")*"?|[^",])+/g)].map(([name]) => name.trim()).filter((name) => name !== '')
}
