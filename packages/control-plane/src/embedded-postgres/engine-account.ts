import { readFile } from 'node:fs/promises'
import { CoffreError } from '@coffre/foundation'

/** Whom the engine runs as. */
export interface EngineAccount {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** In this order; the last is on every machine. */
const candidates = ['coffre', 'postgres', 'nobody']

/** PostgreSQL refuses to run as root: then another account of the machine runs it. Undefined: it runs as we do. */
export async function engineAccount(): Promise<EngineAccount | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8'))
  for (const name of candidates) {
    const account = accounts.get(name)
    if (account !== undefined && account.uid !== 0) return account
  }
  throw new CoffreError(
    'system.unsupported',
    `none of the accounts ${candidates.join(', ')} exists, and PostgreSQL refuses to run as root`,
    {
      hint: 'Make an account with `useradd --system coffre`, or start Coffre as a user who is not root.',
    },
  )
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
