import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'
import { AccountFiles } from './account-files.ts'
import { type Accounts, RememberedAccounts } from './accounts.ts'
import { LinuxAccounts } from './linux-accounts.ts'
import { openLinuxLibrary } from './linux-library.ts'

const implementations: readonly (readonly [name: string, open: () => Accounts])[] = [
  ['NSS', () => new LinuxAccounts(openLinuxLibrary())],
  ['files', () => new AccountFiles()],
]

for (const [name, open] of implementations) {
  test(`${name}: root is 0 both ways, and nobody has the last number`, () => {
    const accounts = open()
    assert.equal(accounts.userName(0), 'root')
    assert.equal(accounts.userId('root'), 0)
    assert.equal(accounts.groupName(0), 'root')
    assert.equal(accounts.groupId('root'), 0)
    assert.equal(accounts.userName(userInfo().uid), userInfo().username)
    assert.equal(accounts.userName(4294967290), '')
    assert.equal(accounts.groupName(4294967290), '')
    assert.equal(accounts.userId('no such user'), undefined)
    assert.equal(accounts.groupId('no such group'), undefined)
  })
}

test('lines that are none, and later lines of the same name or number, do not count', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'passwd')
  writeFileSync(file, '# a:x:1:\n\n a:x:7:7::/:/bin/sh\nb:x:7:7\na:x:8:8\nbroken\nc:x:nine\n')
  const accounts = new AccountFiles(file, join(folder.path, 'absent'))
  assert.equal(accounts.userName(7), 'a')
  assert.equal(accounts.userName(8), 'a')
  assert.equal(accounts.userId('a'), 7)
  assert.equal(accounts.userId('b'), 7)
  assert.equal(accounts.userId('c'), undefined)
  assert.equal(accounts.groupName(7), '')
})

test('each question is asked once, also when the answer is that there is none', () => {
  const asked: unknown[] = []
  const ask =
    <Answer>(answer: Answer) =>
    (key: unknown) => {
      asked.push(key)
      return answer
    }
  const accounts = new RememberedAccounts({ userName: ask('u'), groupName: ask(''), userId: ask(undefined), groupId: ask(5) })
  for (let i = 0; i < 2; i++) {
    assert.equal(accounts.userName(1), 'u')
    assert.equal(accounts.groupName(2), '')
    assert.equal(accounts.userId('x'), undefined)
    assert.equal(accounts.groupId('y'), 5)
  }
  assert.deepEqual(asked, [1, 2, 'x', 'y'])
})
