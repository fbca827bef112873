import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuditRecord, type ChainEntry, ChainVerifier, chainStart, hashAudit } from './audit-chain.ts'

function chainOf(length: number): ChainEntry[] {
  const entries: ChainEntry[] = []
  let previousHash: Uint8Array = chainStart
  for (let number = 1; number <= length; number++) {
    const record: AuditRecord = {
      number,
      at: new Date(Date.UTC(2026, 0, 1) + number),
      orgId: 'o',
      projectId: null,
      principal: 'user:a',
      operation: 'vaults.create',
      target: `vault:${number}`,
      outcome: 'ALLOWED',
      code: null,
      detail: { b: [1, { d: 1, c: 2 }], a: 'x' },
      address: '127.0.0.1',
      requestId: 'r',
    }
    const hash = hashAudit(previousHash, record)
    entries.push({ record, previousHash, hash })
    previousHash = hash
  }
  return entries
}

function breaksOf(entries: readonly ChainEntry[]) {
  const verifier = new ChainVerifier()
  for (const entry of entries) verifier.add(entry)
  return verifier.breaks
}

test('a whole chain has no break, whatever the order of keys in its details', () => {
  const chain = chainOf(5)
  const reordered = chain.map((entry) => ({ ...entry, record: { ...entry.record, detail: { a: 'x', b: [1, { c: 2, d: 1 }] } } }))
  assert.deepEqual(breaksOf(chain), [])
  assert.deepEqual(breaksOf(reordered), [])
})

test('an entry that was changed, removed, or replaced with all that follows is named', () => {
  const changed = chainOf(5)
  const third = changed[2] as ChainEntry
  changed[2] = { ...third, record: { ...third.record, principal: 'user:b' } }
  assert.deepEqual(breaksOf(changed), [{ number: 3, problem: 'changed' }])

  const removed = chainOf(5)
  removed.splice(1, 1)
  assert.deepEqual(breaksOf(removed), [{ number: 2, problem: 'missing' }])

  const forged = chainOf(5)
  const second = forged[1] as ChainEntry
  const record = { ...second.record, outcome: 'DENIED' as const }
  forged[1] = { record, previousHash: second.previousHash, hash: hashAudit(second.previousHash, record) }
  assert.deepEqual(breaksOf(forged), [{ number: 3, problem: 'detached' }])
})

test('each field counts', () => {
  const [{ record }] = chainOf(1) as [ChainEntry]
  const hashes = new Set([hashAudit(chainStart, record).toString('hex')])
  const others: Partial<AuditRecord>[] = [
    { number: 2 },
    { at: new Date(0) },
    { orgId: 'p' },
    { projectId: 'p' },
    { principal: 'user:b' },
    { operation: 'vaults.delete' },
    { target: null },
    { outcome: 'FAILED' },
    { code: 'x' },
    { detail: {} },
    { address: null },
    { requestId: null },
  ]
  for (const other of others) hashes.add(hashAudit(chainStart, { ...record, ...other }).toString('hex'))
  assert.equal(hashes.size, others.length + 1)
})
