import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation, Right } from '@coffre/api-contract'
import { authorize, type SignedIn, signedIn, userIdOf } from './principal.ts'
import { isScope, scopesAllow } from './scopes.ts'

const session: SignedIn = {
  id: 'user:a',
  user: 'user:a',
  by: 'session',
  orgId: 'o',
  projectId: 'p',
  rights: new Set<Right>(['read', 'vault.write']),
  mustEnrol: false,
}
const enrolling: SignedIn = { ...session, rights: new Set(), mustEnrol: true }
const operation = (id: string, right: Operation['right']) => ({ id, right })

test('scopes name operations, groups, or what only reads', () => {
  const table: [scopes: string[] | undefined, id: string, right: Operation['right'], isAllowed: boolean][] = [
    [undefined, 'vaults.create', 'vault.write', true],
    [[], 'vaults.list', 'read', false],
    [['vaults.create'], 'vaults.create', 'vault.write', true],
    [['vaults.create'], 'vaults.delete', 'vault.write', false],
    [['vaults.*'], 'vaults.delete', 'vault.write', true],
    [['vaults'], 'vaults.delete', 'vault.write', true],
    [['vault'], 'vaults.delete', 'vault.write', false],
    [['vaults.*'], 'vaultsx.delete', 'vault.write', false],
    [['read'], 'jobs.list', 'read', true],
    [['read'], 'audit.list', 'audit.read', false],
    [['read', 'backups.start'], 'backups.start', 'backup.run', true],
  ]
  for (const [scopes, id, right, isAllowed] of table)
    assert.equal(scopesAllow(scopes, operation(id, right)), isAllowed, `${scopes}: ${id}`)
  for (const good of ['read', 'vaults', 'vaults.*', 'two-factor.enrol']) assert.ok(isScope(good), good)
  for (const bad of ['', '*', '*.list', 'vaults.', 'Vaults', 'a.b.c', 'vaults.*.x', 'a b']) assert.ok(!isScope(bad), bad)
})

test('who may do what', () => {
  const table: [principal: SignedIn, id: string, right: Operation['right'], code: string | undefined][] = [
    [session, 'vaults.list', 'read', undefined],
    [session, 'vaults.lock', 'vault.lock', 'auth.forbidden'],
    [session, 'sessions.list', 'signed-in', undefined],
    [session, 'sign-in', 'public', undefined],
    [{ ...session, scopes: ['jobs.*'] }, 'vaults.list', 'read', 'auth.forbidden'],
    [{ ...session, scopes: ['vaults.*'] }, 'vaults.lock', 'vault.lock', 'auth.forbidden'],
    [enrolling, 'vaults.list', 'read', 'auth.second-factor'],
    [enrolling, 'keys.create', 'signed-in', 'auth.second-factor'],
    [enrolling, 'two-factor.enrol', 'signed-in', undefined],
    [enrolling, 'sessions.end', 'signed-in', undefined],
  ]
  for (const [principal, id, right, code] of table) {
    const ask = (): void => authorize(principal, operation(id, right))
    if (code === undefined) assert.doesNotThrow(ask, id)
    else assert.throws(ask, { code }, id)
  }
})

test('what concerns an account is for its owner, signed in', () => {
  assert.equal(userIdOf(session), 'a')
  assert.throws(() => userIdOf({ ...session, by: 'key', id: 'key:k' }), { code: 'auth.forbidden' })
  assert.throws(() => userIdOf({ ...session, by: 'local', id: 'user:local' }), { code: 'auth.forbidden' })
  assert.equal(signedIn(session), session)
  assert.throws(() => signedIn({ id: 'anonymous', orgId: 'o', projectId: 'p', rights: new Set() }), { code: 'auth.required' })
})
