import { spawn } from 'node:child_process'

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Whom to run it as; only root may ask. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Standard error goes to ours instead of into the result. */
  readonly showErrors?: boolean
}

export interface CommandResult {
  /** Undefined when the command could not be started or was ended by a signal. */
  readonly exitCode: number | undefined
  readonly stdout: string
  /** What it said on standard error, or why it could not be started. */
  readonly stderr: string
}

/** Runs a program to its end, without a shell. Rejects never: what went wrong is in the result. */
export function runCommand(program: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const errors = options.showErrors === true ? 'inherit' : 'pipe'
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', errors],
      ...options.user,
    })
    const output = { stdout: '', stderr: '' }
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text
    })
    child.once('error', (error) => resolve({ ...output, exitCode: undefined, stderr: error.message }))
    child.once('close', (code) => resolve({ ...output, exitCode: code ?? undefined }))
  })
}
