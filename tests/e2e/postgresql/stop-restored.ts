import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Stops the server that a restore has started, as its output says it is to be stopped. */
export async function stopRestored(output: string): Promise<void> {
  const found = /Stop it with \((?:as (\w+): )?(\S+) stop -D (\S+)\)/.exec(output)
  if (found === null) throw new Error(`nothing was started: ${output}`)
  const [, account, pgCtl = '', folder = ''] = found
  const args = ['stop', '-D', folder, '-m', 'immediate']
  await (account === undefined ? run(pgCtl, args) : run('runuser', ['-u', account, '--', pgCtl, ...args]))
}
