/**
 * The statements of a script that pg_dumpall wrote: strings and names may hold semicolons and line ends; lines for psql, which begin with
 * a backslash, and comments are no statements.
 */
export function splitStatements(script: string): readonly string[] {
  const statements: string[] = []
  let statement = ''
  // A string with escapes, a string, a name, a comment, a line for psql, the end of a statement, or anything else.
  const parts = /\bE'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|^\\[^\n]*|;|[^'"\-;E\\]+|[\s\S]/gm
  for (const [part] of script.matchAll(parts)) {
    if (part === ';') {
      statements.push(statement.trim())
      statement = ''
    } else if (!part.startsWith('--') && !/^\\[^\n]+$/.test(part)) statement += part
  }
  return statements.filter((one) => one !== '')
}
