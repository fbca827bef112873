import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Right, rights } from '@coffre/api-contract'
import { conflictOf, type Role, rightsOfLocal, rightsOfNoKey, rightsOfRole, roles } from './roles.ts'

const subsets = Array.from({ length: 2 ** roles.length }, (_, mask) => roles.filter((_role, i) => (mask & (1 << i)) !== 0))
const union = (held: readonly Role[]): ReadonlySet<Right> => new Set(held.flatMap((role) => rightsOfRole[role]))

test('no set of roles that one person may hold can both weaken a protection and destroy what it protects', () => {
  const admitted = subsets.filter((held) => conflictOf(held) === undefined)
  for (const held of admitted) {
    const all = union(held)
    for (const weakening of ['vault.lock', 'hold.write', 'approval.vote', 'people.write'] as const)
      for (const destroying of ['point.delete', 'vault.write'] as const)
        assert.ok(!(all.has(weakening) && all.has(destroying)), `${held.join(' + ')}: ${weakening} and ${destroying}`)
  }
  // Somebody with every role that one person may hold: adding any other one conflicts.
  const fullest = admitted.filter((held) => roles.every((role) => held.includes(role) || conflictOf([...held, role]) !== undefined))
  assert.deepEqual(fullest.map((held) => roles.filter((role) => !held.includes(role))).toSorted(), [
    ['backup-administrator'],
    ['security-officer'],
  ])
})

test('of all pairs of roles, only those of one who deletes and one who guards conflict, and the reason is told', () => {
  for (const a of roles)
    for (const b of roles) {
      const isConflict = [a, b].includes('backup-administrator') && [a, b].includes('security-officer')
      assert.equal(conflictOf([a, b]) !== undefined, isConflict, `${a}, ${b}`)
    }
  assert.deepEqual(conflictOf(['backup-administrator', 'viewer', 'security-officer']), {
    weakens: { role: 'security-officer', right: 'vault.lock' },
    destroys: { role: 'backup-administrator', right: 'point.delete' },
  })
})

test('every right is somebody’s, the auditor changes nothing, keys and the local credential lack what several answer for', () => {
  assert.deepEqual(new Set(roles.flatMap((role) => rightsOfRole[role])), new Set(rights))
  assert.deepEqual(rightsOfRole.auditor, ['read', 'audit.read'])
  for (const right of ['vault.lock', 'hold.write', 'approval.vote'] as const) assert.ok(!rightsOfLocal.includes(right), right)
  assert.ok(rightsOfNoKey.includes('approval.vote') && rightsOfNoKey.includes('people.write'))
})
