import { databaseArgument, programOutput } from '../logical/program-output.ts'
import type { ClientPrograms } from '../programs/find-client-programs.ts'
import type { SideInstance } from './side-instance.ts'

/** pg_dump of a database of the side instance as it comes, without a temporary file. Fails with what it says; who stops reading ends it. */
export function dumpOf(
  side: SideInstance,
  { folder }: ClientPrograms,
  database: string,
  args: readonly string[],
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const all = ['--format=custom', '--compress=0', databaseArgument(database), ...args]
  return programOutput({ folder, program: 'pg_dump', args: all, login: side.login }, signal)
}
