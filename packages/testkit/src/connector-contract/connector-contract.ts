import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { capturingContract } from './capturing.ts'
import { configuringContract } from './configuring.ts'
import type { ConnectorFactory } from './connector-subject.ts'
import { type ConnectorTest, connectorTest } from './connector-test.ts'
import { releasingContract } from './releasing.ts'
import { restoringContract } from './restoring.ts'
import { snapshottingContract } from './snapshotting.ts'

/**
 * Declares the tests of every sentence of the `Connector` contract, each on a fresh subject; those of a log where the engine has one.
 * With `only`, those of these titles: for further versions of an engine that the whole contract was held against.
 */
export function connectorContract(name: string, factory: ConnectorFactory, only?: readonly string[]): void {
  describe(`${name} keeps the connector contract`, () => {
    const missing = new Set(only)
    const declare = connectorTest(factory)
    const test: ConnectorTest = (title, body) => {
      if (missing.delete(title) || only === undefined) declare(title, body)
    }
    configuringContract(test)
    snapshottingContract(test)
    releasingContract(test)
    capturingContract(test)
    restoringContract(test)
    assert.deepEqual([...missing], [], 'the contract has no tests of these titles')
  })
}
