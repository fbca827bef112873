import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../tools/run-command.ts'

/** A program with all that decides what it does; it sees no other environment. */
export interface Command {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** What a command took, all processes that it started and waited for included. */
export interface Measurement {
  readonly wallSeconds: number
  readonly cpuSeconds: number
  /** Of the largest process. Each tool here is one process once it works. */
  readonly peakRssBytes: number
}

class CommandFailedError extends Error {
  override readonly name = 'CommandFailedError'
}

/** Runs the command with standard input closed. Rejects with what it said when its exit code is not 0. */
export async function measure(command: Command): Promise<{ readonly measurement: Measurement; readonly stdout: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-measure-'))
  try {
    const record = join(folder, 'usage.json')
    const wrapper = [join(import.meta.dirname, 'measure.py'), record, command.program, ...command.args]
    const { exitCode, stdout, stderr } = await runCommand('python3', wrapper, { cwd: command.cwd, env: { ...command.env } })
    if (exitCode !== 0) throw new CommandFailedError(`python3 could not run ${command.program}: ${lastLines(stderr)}`)
    const usage = JSON.parse(await readFile(record, 'utf8')) as Measurement & { readonly exitCode: number }
    if (usage.exitCode !== 0) {
      const words = [command.program, ...command.args].join(' ')
      throw new CommandFailedError(`${words} ended with ${usage.exitCode}: ${lastLines(stdout + stderr)}`)
    }
    const { wallSeconds, cpuSeconds, peakRssBytes } = usage
    return { measurement: { wallSeconds, cpuSeconds, peakRssBytes }, stdout }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-20).join('\n')
}
