import { runCommand } from '../../tools/run-command.ts'

/** The path of a program that was fetched, as its variable announces it. */
export function fetchedProgram(variable: `COFFRE_${string}`): string {
  const path = process.env[variable]
  if (path === undefined || path === '') throw new Error(`${variable} is not set: the tool was not fetched`)
  return path
}

/** The first line that the program prints about its version. */
export async function firstLineOf(program: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(program, args)
  if (exitCode !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${exitCode}: ${stderr.trim()}`)
  return stdout.trim().split('\n')[0] ?? ''
}

/** The environment of every tool: nothing of a person's settings for it. */
export function plainEnvironment(state: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: state, LANG: 'C.UTF-8' }
}
