import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blankComments, tidyFile } from './tidy-file.ts'

const library = 'packages/storage/src/local/x.ts'
const planted: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['clock', library, 'const t = Date.now()'],
  ['clock', library, 'const t = new Date()'],
  ['timer', library, 'setTimeout(f, 1)'],
  ['timer', library, "import { setTimeout as delay } from 'node:timers/promises'"],
  ['environment', library, 'const home = process.env.HOME'],
  ['exit', library, 'process.exit(1)'],
  ['as-any', 'tests/e2e/x.test.ts', 'const x = y as any'],
  ['empty-catch', library, 'try { f() } catch {}'],
  ['empty-catch', library, 'try { f() } catch (error) {\n}'],
  ['left-to-do', 'docs/x.md', 'later: ' + 'TO' + 'DO'],
  ['skipped-test', 'packages/storage/src/x.test.ts', "test.skip('x', f)"],
  ['skipped-test', 'packages/storage/src/x.test.ts', 'test(name, { skip: true }, f)'],
  ['machine-path', 'bench/x.ts', `const f = '${'/wo' + 'rk/'}main'`],
]

for (const [rule, path, text] of planted) {
  test(`${rule} is found in ${JSON.stringify(text)}`, () => {
    const found = tidyFile(path, `\n${text}\n`)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] ?? '', new RegExp(`^${path}:2: .* \\(${rule}\\): `, 's'))
  })
}

test('composition roots, tests and the system context may read clock and environment', () => {
  for (const path of ['packages/cli/src/x.ts', 'tools/x.ts', 'packages/storage/src/x.test.ts', 'packages/testkit/src/x.ts']) {
    assert.deepEqual(tidyFile(path, 'f(Date.now(), process.env.HOME)\nsetTimeout(f, 1)\n'), [])
  }
  assert.deepEqual(tidyFile('packages/foundation/src/system-context.ts', 'Date.now()'), [])
})

test('comments may speak of what the code must not do, and a catch may hold its reason', () => {
  assert.deepEqual(tidyFile(library, '// not Date.now()\n/* nor\n process.env */\n'), [])
  assert.deepEqual(tidyFile(library, 'try { f() } catch {\n  // The file is gone already.\n}\n'), [])
})

test('a socket may be told how long it may be idle', () => {
  assert.deepEqual(tidyFile(library, 'this.#socket.setTimeout(1)\n'), [])
})

test('a comment sign in a string begins no comment', () => {
  assert.equal(blankComments("f('http://x', Date) // y\ng()"), "f('http://x', Date)     \ng()")
})

test('drawers are refused by name', () => {
  assert.equal(tidyFile('packages/storage/src/utils.ts', '').length, 1)
  assert.equal(tidyFile('packages/storage/src/common/x.ts', '').length, 1)
})
