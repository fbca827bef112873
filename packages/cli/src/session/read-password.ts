import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type ByteString, byteStringFrom, bytesOf, CoffreError, throwIfAborted } from '@coffre/foundation'
import type { Environment } from '@coffre/storage'
import { CommandLineError, usageError } from '../messages/command-line-error.ts'
import { splitCommand } from './split-command.ts'
import { readTextFile, trimSpaces } from './text-file.ts'

/** Where a password may come from; of several, the first that is there in this order counts. */
export interface PasswordSources {
  /** How the options are called, for messages. */
  readonly fileOption: string
  readonly commandOption: string
  readonly file?: ByteString | undefined
  readonly command?: ByteString | undefined
  /** The password itself, from the environment. */
  readonly text?: string | undefined
  readonly mayBeEmpty: boolean
  /** What the command finds around it. */
  readonly environment: Environment
}

/** Never asks: a password that is nowhere to be found is an error. White space around it in a file is no part of it, as in restic. */
export async function readPassword(sources: PasswordSources, signal: AbortSignal): Promise<Uint8Array> {
  const { file, command, text, mayBeEmpty, fileOption, commandOption } = sources
  if (mayBeEmpty) {
    if (file !== undefined || command !== undefined) throw usageError('error.emptyAndGiven')
    return new Uint8Array()
  }
  if (file !== undefined && command !== undefined) throw usageError('error.exclusive', { one: fileOption, other: commandOption })
  const password = await readSource(sources, signal)
  if (password === undefined) throw usageError('error.noPassword', {}, 'hint.password', { option: fileOption })
  if (password === '') throw usageError('error.emptyPassword', { source: file ?? command ?? '' }, 'hint.emptyPassword')
  return text === password && file === undefined && command === undefined ? Buffer.from(text, 'utf8') : bytesOf(password)
}

async function readSource(sources: PasswordSources, signal: AbortSignal): Promise<ByteString | undefined> {
  const { file, command, text, fileOption, commandOption } = sources
  if (file !== undefined) return trimSpaces(await readTextFile(file, fileOption))
  if (command !== undefined)
    return trimSpaces(byteStringFrom(await outputOf(splitCommand(command, commandOption), sources.environment, signal)))
  return text
}

/** What a program writes to its standard output. Its complaints go where ours go. */
async function outputOf([program, ...args]: [string, ...string[]], environment: Environment, signal: AbortSignal): Promise<Buffer> {
  throwIfAborted(signal)
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], signal, env: environment })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  try {
    const [code, killedBy] = (await once(child, 'close')) as [number | null, string | null]
    if (code !== 0)
      throw new CoffreError('usage.invalid', `it ended with ${code === null ? `signal ${killedBy}` : `exit code ${code}`}`)
  } catch (error) {
    throwIfAborted(signal)
    const problem = error instanceof Error ? error.message : String(error)
    const sentence = { key: 'error.passwordCommand', values: { program, problem } } as const
    throw new CommandLineError('usage.invalid', sentence, { key: 'hint.passwordCommand', values: {} }, { cause: error })
  }
  return Buffer.concat(chunks)
}
