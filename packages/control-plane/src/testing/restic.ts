import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findTool } from '@coffre/testkit'

/** Runs stock restic on a repository and returns what it says. */
export async function restic(
  location: string,
  password: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const options = { env: { RESTIC_PASSWORD: password, PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...environment } }
  const { stdout } = await promisify(execFile)(
    findTool('restic', 'COFFRE_RESTIC'),
    ['--no-cache', '--repo', location, ...args],
    options,
  )
  return stdout
}
