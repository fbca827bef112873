import assert from 'node:assert/strict'
import { it } from 'node:test'
import { inspect } from 'node:util'
import type { Source, SourceLog } from '@coffre/connector'
import { type CoffreError, type ErrorCode, isCoffreError } from '@coffre/foundation'
import { type ConnectorFactory, type ConnectorSubject, type GivenSource, noSignal } from './connector-subject.ts'

/** A test may hang where a source does not answer: it shall fail instead. */
const timeout = 120_000

export type ConnectorTest = (title: string, body: (subject: TestedConnector) => Promise<void>) => void

/** Declares tests that each get a fresh subject. */
export function connectorTest(factory: ConnectorFactory): ConnectorTest {
  return (title, body) => {
    it(title, { timeout }, async () => {
      await using subject = await factory()
      const tested = new TestedConnector(subject)
      await body(tested)
      assert.equal(await subject.held(), 0, 'something is held by the source after all was disposed of')
    })
  }
}

/** A subject with what its tests do again and again. */
export class TestedConnector {
  readonly subject: ConnectorSubject

  constructor(subject: ConnectorSubject) {
    this.subject = subject
  }

  /** Whether the engine has a log that can be captured. */
  get isContinuous(): boolean {
    return this.subject.connector.abilities.isContinuous
  }

  open(given: GivenSource = this.subject.source, signal: AbortSignal = noSignal): Promise<Source> {
    const { connector, context } = this.subject
    return connector.open(connector.parseConfig(given.config), connector.parseSecrets(given.secrets), context, signal)
  }

  check(given: GivenSource = this.subject.source, signal: AbortSignal = noSignal) {
    const { connector, context } = this.subject
    return connector.check(connector.parseConfig(given.config), connector.parseSecrets(given.secrets), context, signal)
  }

  /** No secret in a value, however deep: messages, hints, causes, findings. */
  assertNoSecret(value: unknown): void {
    const text = `${inspect(value, { depth: 20, showHidden: true })}${JSON.stringify(value) ?? ''}`
    for (const secret of this.subject.secretTexts) assert.ok(!text.includes(secret), 'a secret can be seen')
  }

  /** Rejects with a CoffreError of one of these codes that shows no secret. */
  async assertRejects(action: Promise<unknown>, ...codes: ErrorCode[]): Promise<CoffreError> {
    const error: unknown = await action.then(
      () => assert.fail(`it should have been refused with ${codes.join(' or ')}`),
      (reason: unknown) => reason,
    )
    assert.ok(isCoffreError(error, ...codes), `${inspect(error)} should be ${codes.join(' or ')}`)
    this.assertNoSecret(error)
    return error
  }
}

/** The log of a source that says it has one. */
export function logOf(source: Source): SourceLog {
  assert.ok(source.log, 'abilities say that there is a log')
  return source.log
}
