import type { Writable } from 'node:stream'
import { interruption } from '@coffre/foundation'
import { databaseArgument, programOutput } from '../logical/program-output.ts'
import { type ServerLogin, startClientProgram } from '../programs/client-program.ts'

/** An archive of pg_dump in the custom format, as it comes; ended when `signal` is aborted. */
export type Archive = (signal: AbortSignal) => AsyncIterable<Uint8Array>

/** pg_dump of a database, without a temporary file. Fails with what it says; whoever reads no further ends it. */
export function dumpOf(folder: string, database: string, args: readonly string[], login: ServerLogin): Archive {
  const all = ['--format=custom', '--compress=0', databaseArgument(database), ...args]
  return (signal) => programOutput({ folder, program: 'pg_dump', args: all, login }, signal)
}

/** Loads an archive into a database in one transaction: all of it, or nothing. When one end fails the other one is ended. */
export async function loadArchive(
  archive: Archive,
  folder: string,
  database: string,
  args: readonly string[],
  login: ServerLogin,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController()
  const both = AbortSignal.any([signal, failed.signal])
  const all = ['--format=custom', '--single-transaction', '--exit-on-error', databaseArgument(database), ...args]
  const restore = await startClientProgram(folder, 'pg_restore', all, login, undefined, both)
  restore.stdout.resume()
  const orAbort = (work: Promise<void>): Promise<void> =>
    work.catch((error: unknown) => {
      failed.abort(error)
      throw error
    })
  await Promise.allSettled([orAbort(feed(archive(both), restore.stdin, both)), orAbort(restore.ended)])
  if (signal.aborted) throw interruption(signal)
  if (failed.signal.aborted) throw failed.signal.reason
}

/** Writes what it reads, piece by piece. Whoever no longer reads is told by its own end. */
async function feed(content: AsyncIterable<Uint8Array>, to: Writable, signal: AbortSignal): Promise<void> {
  for await (const chunk of content) {
    if (signal.aborted || to.destroyed) return
    // A chunk may be its reader's only until the next one is asked for.
    await new Promise<void>((resolve) => void to.write(chunk, () => resolve()))
  }
  to.end()
}
