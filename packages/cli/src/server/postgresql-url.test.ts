import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePostgresqlUrl, withoutPassword } from './postgresql-url.ts'

const plain = { user: 'postgres', password: undefined, database: 'postgres', tls: 'prefer', authority: undefined }

test('a URL names the members of a cluster, who asks, and how', () => {
  const table = [
    ['postgres://db', { ...plain, members: [{ host: 'db', port: 5432 }] }],
    ['postgres://user:pw@db:6432/', { ...plain, user: 'user', password: 'pw', members: [{ host: 'db', port: 6432 }] }],
    [
      'postgresql://u:a%40b:c@one,[::1]:7/shop?sslmode=verify-full&sslrootcert=/ca.pem',
      {
        user: 'u',
        password: 'a@b:c',
        database: 'shop',
        tls: 'verify-full',
        authority: '/ca.pem',
        members: [
          { host: 'one', port: 5432 },
          { host: '::1', port: 7 },
        ],
      },
    ],
    ['postgres://u:p@ss@db', { ...plain, user: 'u', password: 'p@ss', members: [{ host: 'db', port: 5432 }] }],
  ] as const
  for (const [url, expected] of table) assert.deepEqual(parsePostgresqlUrl(url), expected, url)
})

test('what is wrong with a URL is said without its password', () => {
  for (const url of [
    'postgres://u:hunter2@/shop',
    'postgres://u:hunter2@db:99999',
    'postgres://u:hunter2@db:port',
    'postgres://u:hunter2%@db',
    'postgres://u:hunter2@db?sslmode=maybe',
    'postgres://u:hunter2@db?target=any',
    'postgres://u:hunter2@one,,two',
  ]) {
    assert.throws(
      () => parsePostgresqlUrl(url),
      (error: Error) => {
        assert.equal((error as Error & { readonly code: string }).code, 'usage.invalid', url)
        assert.ok(!error.message.includes('hunter2'), url)
        return true
      },
    )
  }
  assert.equal(withoutPassword('mysql://u:hunter2@db/x'), 'mysql://…@db/x')
  assert.equal(withoutPassword('./a@b'), './a@b')
})
