import { describe } from 'node:test'
import { capturingContract } from './capturing.ts'
import { configuringContract } from './configuring.ts'
import type { ConnectorFactory } from './connector-subject.ts'
import { connectorTest } from './connector-test.ts'
import { releasingContract } from './releasing.ts'
import { restoringContract } from './restoring.ts'
import { snapshottingContract } from './snapshotting.ts'

/** Declares the tests of every sentence of the `Connector` contract, each on a fresh subject; those of a log where the engine has one. */
export function connectorContract(name: string, factory: ConnectorFactory): void {
  describe(`${name} keeps the connector contract`, () => {
    const test = connectorTest(factory)
    configuringContract(test)
    snapshottingContract(test)
    releasingContract(test)
    capturingContract(test)
    restoringContract(test)
  })
}
