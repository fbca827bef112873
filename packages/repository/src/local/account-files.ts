import { readFileSync } from 'node:fs'
import { byteStringFrom } from '@coffre/foundation'
import type { Accounts } from './accounts.ts'

/** Users and groups of /etc/passwd and /etc/group (passwd(5), group(5)); nobody where those files are absent. */
export class AccountFiles implements Accounts {
  readonly #users: Table
  readonly #groups: Table

  constructor(userFile = '/etc/passwd', groupFile = '/etc/group') {
    this.#users = readTable(userFile)
    this.#groups = readTable(groupFile)
  }

  userName(uid: number): string {
    return this.#users.names.get(uid) ?? ''
  }

  groupName(gid: number): string {
    return this.#groups.names.get(gid) ?? ''
  }

  userId(name: string): number | undefined {
    return this.#users.numbers.get(name)
  }

  groupId(name: string): number | undefined {
    return this.#groups.numbers.get(name)
  }
}

interface Table {
  readonly names: ReadonlyMap<number, string>
  readonly numbers: ReadonlyMap<string, number>
}

/** Of several lines with one name or number, the first counts. */
function readTable(file: string): Table {
  const names = new Map<number, string>()
  const numbers = new Map<string, number>()
  for (const line of readLines(file)) {
    const [name = '', , digits = ''] = line.trim().split(':')
    if (name === '' || name.startsWith('#') || !/^\d+$/.test(digits)) continue
    const number = Number(digits)
    if (!names.has(number)) names.set(number, name)
    if (!numbers.has(name)) numbers.set(name, number)
  }
  return { names, numbers }
}

function readLines(file: string): string[] {
  try {
    return byteStringFrom(readFileSync(file)).split('\n')
  } catch {
    // Systems without such files, and sandboxes that hide them, have no names to give.
    return []
  }
}
