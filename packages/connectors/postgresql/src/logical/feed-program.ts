import type { Writable } from 'node:stream'
import { CoffreError, interruption, isCoffreError } from '@coffre/foundation'
import { startClientProgram } from '../programs/client-program.ts'
import type { ProgramCall } from './program-output.ts'

/** Runs a program to its end on a content, a chunk at a time: `engine.failed` when it fails, the content's error when that breaks off. */
export async function feedProgram(
  { folder, program, args, login }: ProgramCall,
  content: AsyncIterable<Uint8Array>,
  onChunk: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const broken = new AbortController()
  const both = AbortSignal.any([signal, broken.signal])
  const { stdin, stdout, ended } = await startClientProgram(folder, program, args, login, undefined, both)
  stdout.resume()
  try {
    await feed(stdin, content, onChunk)
    await ended
  } catch (error) {
    broken.abort(asOurs(error))
    await ended.catch(() => undefined)
    throw signal.aborted ? interruption(signal) : error
  }
}

/** Writes a content to its end, or for as long as the program listens: why it does not is known to it. */
export async function feed(stdin: Writable, content: AsyncIterable<Uint8Array>, onChunk: (bytes: number) => void): Promise<void> {
  for await (const chunk of content) {
    if (!(await written(stdin, chunk))) return
    onChunk(chunk.length)
  }
  stdin.end()
}

/** Resolves once the chunk is the program's: its memory may be used again. False when the program listens no more. */
function written(stdin: Writable, chunk: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    stdin.write(chunk, (error) => resolve(error === null || error === undefined))
  })
}

function asOurs(error: unknown): CoffreError {
  return isCoffreError(error) ? error : new CoffreError('internal', 'the content of a dump could not be read', { cause: error })
}
