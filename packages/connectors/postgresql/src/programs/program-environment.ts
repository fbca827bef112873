import { dirname, join } from 'node:path'

/** All that a program of PostgreSQL sees of an environment: where its own kind is, and messages in a language that we can read. */
export function programEnvironment(folder: string): Readonly<Record<string, string>> {
  return {
    LC_ALL: 'C',
    PATH: `${folder}:/usr/local/bin:/usr/bin:/bin`,
    // An installation that was unpacked somewhere has its libraries beside its programs, and does not know it.
    LD_LIBRARY_PATH: join(dirname(folder), 'lib'),
  }
}
