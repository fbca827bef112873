import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const mainFile = resolve(import.meta.dirname, '../../../packages/cli/src/main.ts')
/** What tests must not inherit: it could name another repository, or change the language. */
const foreignVariables = /^(COFFRE|RESTIC|AWS|LC|LANG)(_|$)/

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Given on standard input, which is closed from the start otherwise. */
  readonly input?: string | Uint8Array
  /** Runs as this user and group. */
  readonly uid?: number
  /** By default this checkout's own program. */
  readonly command?: readonly [string, ...string[]]
}

export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the real program, as a shell would, in English. */
export function startCoffre(args: readonly string[], options: RunOptions = {}): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !foreignVariables.test(name) && name !== 'NODE_OPTIONS')
  const [program, ...before] = options.command ?? [process.execPath, mainFile]
  return spawn(program, [...before, ...args], {
    env: { ...Object.fromEntries(inherited), LC_ALL: 'C', ...options.env },
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
}

export async function ended(child: ChildProcess): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { exitCode, signal, stdout, stderr }
}

/** Resolves once the program has said this on standard error; rejects when it ends without. */
export function said(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stderr?.setEncoding('utf8').on('data', (more: string) => {
      text += more
      if (text.includes(words)) resolve()
    })
    child.once('close', () => reject(new Error(`it never said "${words}": ${text}`)))
  })
}

export async function runCoffre(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = startCoffre(args, options)
  child.stdin?.end(options.input)
  return ended(child)
}

/** The JSON lines of an output. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
