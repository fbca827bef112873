import { interruption } from '@coffre/foundation'
import { type ServerLogin, startClientProgram } from '../programs/client-program.ts'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import { feed, feedProgram } from './feed-program.ts'
import { databaseArgument } from './program-output.ts'

/** Where a dump is loaded, and by which programs. */
export interface LoadPlace {
  readonly programs: ClientPrograms
  readonly login: ServerLogin
  /** Of the server. */
  readonly major: number
  readonly database: string
}

/** From this version on pg_restore sets, whatever the server, what servers do not know before it. */
const timeoutMajor = 17
const timeoutLine = 'SET transaction_timeout = 0;\n'
/** That line is among the first. */
const headBytes = 8192

/** Loads a dump, or what `options` choose of it, in one transaction: all of it or nothing. */
export async function loadDump(
  { programs, login, major, database }: LoadPlace,
  content: AsyncIterable<Uint8Array>,
  options: readonly string[],
  onChunk: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { folder } = programs
  const chosen = ['--no-tablespaces', ...options]
  const own = ['--no-password', '--single-transaction', databaseArgument(database)]
  if (programs.major < timeoutMajor || major >= timeoutMajor) {
    const args = ['--exit-on-error', ...own, ...chosen]
    return await feedProgram({ folder, program: 'pg_restore', args, login }, content, onChunk, signal)
  }
  const script = withoutTimeout(scriptOf(programs, login, content, chosen, onChunk, signal))
  const args = ['--no-psqlrc', '--quiet', '--set=ON_ERROR_STOP=1', '--output=/dev/null', '--file=-', ...own]
  await feedProgram({ folder, program: 'psql', args, login }, script, () => undefined, signal)
}

/** What pg_restore would say to a server. */
async function* scriptOf(
  { folder }: ClientPrograms,
  login: ServerLogin,
  content: AsyncIterable<Uint8Array>,
  options: readonly string[],
  onChunk: (bytes: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const left = new AbortController()
  const both = AbortSignal.any([signal, left.signal])
  const { stdin, stdout, ended } = await startClientProgram(folder, 'pg_restore', ['--file=-', ...options], login, undefined, both)
  const fed = feed(stdin, content, onChunk).catch((error: unknown) => left.abort(error))
  try {
    yield* stdout as AsyncIterable<Buffer>
    await fed
    await ended
  } catch (error) {
    if (signal.aborted) throw interruption(signal)
    if (left.signal.aborted) throw left.signal.reason
    await ended
    throw error
  } finally {
    left.abort()
    await ended.catch(() => undefined)
    await fed
  }
}

async function* withoutTimeout(script: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head = Buffer.alloc(0)
  let isPassed = false
  for await (const chunk of script) {
    if (isPassed) {
      yield chunk
      continue
    }
    head = Buffer.concat([head, chunk])
    if (head.length < headBytes) continue
    isPassed = true
    yield cut(head)
  }
  if (!isPassed) yield cut(head)
}

function cut(head: Buffer): Buffer {
  const at = head.indexOf(timeoutLine)
  return at < 0 ? head : Buffer.concat([head.subarray(0, at), head.subarray(at + timeoutLine.length)])
}
