/** Names of users and groups. A number without a name has the name '', a name that nobody has no number. */
export interface Accounts {
  userName(uid: number): string
  groupName(gid: number): string
  userId(name: string): number | undefined
  groupId(name: string): number | undefined
}

/** Asks `source` once for each question: a backup asks for the same few of each of its files. */
export class RememberedAccounts implements Accounts {
  readonly userName: (uid: number) => string
  readonly groupName: (gid: number) => string
  readonly userId: (name: string) => number | undefined
  readonly groupId: (name: string) => number | undefined

  constructor(source: Accounts) {
    this.userName = remembering((uid) => source.userName(uid))
    this.groupName = remembering((gid) => source.groupName(gid))
    this.userId = remembering((name) => source.userId(name))
    this.groupId = remembering((name) => source.groupId(name))
  }
}

function remembering<Key, Value>(ask: (key: Key) => Value): (key: Key) => Value {
  const answers = new Map<Key, Value>()
  return (key) => {
    const known = answers.get(key)
    if (known !== undefined || answers.has(key)) return known as Value
    const answer = ask(key)
    answers.set(key, answer)
    return answer
  }
}
