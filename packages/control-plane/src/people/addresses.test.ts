import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contains, formatNetwork, isLoopback, parseAddress, parseNetwork } from './addresses.ts'

test('networks contain what they should', () => {
  const table: [network: string, address: string, isInside: boolean][] = [
    ['192.0.2.0/24', '192.0.2.255', true],
    ['192.0.2.0/24', '192.0.3.0', false],
    ['192.0.2.77/24', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '203.0.113.9', false],
    ['192.0.2.0/24', '::ffff:192.0.2.7', true],
    ['192.0.2.0/24', '::ffff:c000:207', true],
    ['192.0.2.0/24', '0:0:0:0:0:FFFF:C000:0207', true],
    ['::ffff:192.0.2.0/120', '192.0.2.9', true],
    ['::ffff:192.0.2.0/120', '192.0.3.9', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::8000/113', '2001:db8::ffff', true],
    ['2001:db8::8000/113', '2001:db8::7fff', false],
    ['fe80::/10', 'fe80::1%eth0', true],
  ]
  for (const [network, address, isInside] of table) {
    const [rule, asked] = [parseNetwork(network), parseAddress(address)]
    assert.ok(rule !== undefined && asked !== undefined, `${network} ${address}`)
    assert.equal(contains(rule, asked), isInside, `${network} ${address}`)
    assert.deepEqual(parseNetwork(formatNetwork(rule)), rule)
  }
})

test('what is no address or network is told', () => {
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', ':::', '[::1]', '1.2.3.4:80'])
    assert.equal(parseAddress(text), undefined, text)
  for (const text of [
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/',
    '::/129',
    '1.2.3.4/8/9',
    '::ffff:1.2.3.4/95',
    'fe80::1%eth0/64',
    '/8',
  ])
    assert.equal(parseNetwork(text), undefined, text)
})

test('loopback in all its forms', () => {
  for (const text of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
    assert.ok(isLoopback(parseAddress(text) ?? assert.fail()), text)
  for (const text of ['128.0.0.1', '::', '::2', '10.0.0.1', '7f00::1'])
    assert.ok(!isLoopback(parseAddress(text) ?? assert.fail()), text)
})
