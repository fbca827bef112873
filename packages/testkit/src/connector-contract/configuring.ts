import assert from 'node:assert/strict'
import type { ConnectorTest } from './connector-test.ts'

export function configuringContract(test: ConnectorTest): void {
  test('a configuration is parsed to values that parse to themselves', async ({ subject }) => {
    const { connector, source } = subject
    const config = connector.parseConfig(source.config)
    assert.deepEqual(connector.parseConfig(JSON.parse(JSON.stringify(config))), config)
    const secrets = connector.parseSecrets(source.secrets)
    assert.deepEqual(connector.parseSecrets(JSON.parse(JSON.stringify(secrets))), secrets)
  })

  test('a wrong configuration is refused with the field that is wrong', async (tested) => {
    const { connector, wrongConfigs, wrongSecrets } = tested.subject
    for (const [config, field] of [...wrongConfigs, [undefined, ''], [null, ''], ['text', ''], [[], '']] as const) {
      const refused = (async () => connector.parseConfig(config))()
      const error = await tested.assertRejects(refused, 'source.config-invalid')
      assert.ok(error.message.includes(field), `"${error.message}" should name ${field}`)
    }
    for (const secrets of [...wrongSecrets, null, 'text']) {
      await tested.assertRejects((async () => connector.parseSecrets(secrets))(), 'source.config-invalid')
    }
  })

  test('one source has one key, however it is written, and another source another one', async (tested) => {
    const { connector, source, sameSource, otherSources } = tested.subject
    const keyOf = (config: unknown): string => connector.identify(connector.parseConfig(config))
    const key = keyOf(source.config)
    assert.notEqual(key, '')
    tested.assertNoSecret(key)
    for (const config of sameSource) assert.equal(keyOf(config), key, JSON.stringify(config))
    for (const config of otherSources) assert.notEqual(keyOf(config), key, JSON.stringify(config))
  })

  test('abilities are consistent, and the name of the engine can be a tag and a folder', async ({ subject }) => {
    const { engine, abilities } = subject.connector
    assert.match(engine, /^[a-z0-9-]+$/)
    assert.ok(abilities.restoresTo.length > 0)
    assert.equal(subject.discardLog !== undefined, abilities.isContinuous, 'a log and a way to lose it go together')
  })

  test('a source that is well has no error finding', async (tested) => {
    const before = await tested.subject.describe()
    const findings = await tested.check()
    tested.assertNoSecret(findings)
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
    )
    for (const { code, message } of findings) {
      assert.match(code, /^[a-z0-9]+\.[a-z0-9.-]+$/)
      assert.notEqual(message, '')
    }
    assert.deepEqual(await tested.subject.describe(), before, 'a check changes nothing')
  })

  for (const [what, code] of [
    ['unreachable', 'source.unreachable'],
    ['refused', 'source.credentials'],
  ] as const) {
    test(`a source that is ${what} is an error finding to check, and ${code} to open`, async (tested) => {
      const given = tested.subject[what]
      const findings = await tested.check(given)
      tested.assertNoSecret(findings)
      assert.ok(findings.some(({ severity }) => severity === 'error'))
      await tested.assertRejects(tested.open(given), code)
    })
  }

  test('an aborted check and an aborted open reject with the interruption', async (tested) => {
    await tested.assertRejects(tested.check(undefined, AbortSignal.abort()), 'interrupted')
    await tested.assertRejects(tested.open(undefined, AbortSignal.abort()), 'interrupted')
  })
}
