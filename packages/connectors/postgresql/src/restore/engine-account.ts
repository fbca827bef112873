import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { CoffreError } from '@coffre/foundation'

/** Whom an engine runs as, and who owns its files. */
export interface EngineAccount {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** In this order; the last is on every machine. */
const candidates = ['postgres', 'nobody']

/**
 * PostgreSQL refuses to run as root: then another account of the machine runs it, the wanted one if one is. Undefined: it runs as we do.
 * `engine.failed` where the account is not known.
 */
export async function findEngineAccount(wanted: string | undefined): Promise<EngineAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8'))
  for (const name of wanted === undefined ? candidates : [wanted]) {
    const account = accounts.get(name)
    if (account !== undefined && account.uid !== 0) return account
  }
  throw new CoffreError('engine.failed', `there is no account ${wanted ?? candidates.join(' or ')} that could run PostgreSQL`, {
    hint: 'PostgreSQL refuses to run as root. Name another account, or make one with `useradd --system postgres`.',
  })
}

/** Gives a path and all that is in it to the account. */
export async function giveTo(account: EngineAccount | undefined, ...paths: readonly string[]): Promise<void> {
  if (account === undefined || paths.length === 0) return
  await promisify(execFile)('chown', ['-R', '-P', `${account.uid}:${account.gid}`, '--', ...paths])
}

function parseAccounts(text: string): ReadonlyMap<string, EngineAccount> {
  const accounts = new Map<string, EngineAccount>()
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name !== undefined && uid !== undefined && gid !== undefined)
      accounts.set(name, { name, uid: Number(uid), gid: Number(gid) })
  }
  return accounts
}
