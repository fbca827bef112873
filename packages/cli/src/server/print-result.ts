import type { ServerCall } from '../command.ts'

/** What the API answered, or how `lines` show it to people. */
export function printResult(value: unknown, { output }: ServerCall, lines: () => readonly string[]): void {
  if (output.json) output.printJson(value)
  else for (const line of lines()) output.print(line)
}
