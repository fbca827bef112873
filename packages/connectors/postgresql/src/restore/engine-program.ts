import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { interruption } from '@coffre/foundation'
import { programEnvironment } from '../programs/program-environment.ts'
import type { EngineAccount } from './engine-account.ts'

export interface ProgramOutcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

const outputBytesMax = 64 * 1024 * 1024

/** Runs one of PostgreSQL's programs to its end, which may be a failure. It sees nothing of our environment. */
export async function runEngineProgram(
  { folder }: { readonly folder: string },
  program: string,
  args: readonly string[],
  account: EngineAccount | undefined,
  signal: AbortSignal,
): Promise<ProgramOutcome> {
  const owner = account === undefined ? {} : { uid: account.uid, gid: account.gid }
  const env = programEnvironment(folder)
  try {
    const options = { cwd: '/', env, maxBuffer: outputBytesMax, signal, ...owner }
    return { exitCode: 0, ...(await promisify(execFile)(join(folder, program), [...args], options)) }
  } catch (error) {
    if (signal.aborted) throw interruption(signal)
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { exitCode: code, stdout, stderr }
  }
}
