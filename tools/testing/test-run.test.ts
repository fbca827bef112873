import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCommand } from '../run-command.ts'

/** The runner refuses to run inside a run; a process that does not know of this one may. */
async function runPlanted(body: string) {
  const folder = await mkdtemp(join(tmpdir(), 'coffre-test-run-'))
  try {
    const file = join(folder, 'planted.test.mjs')
    const program = join(folder, 'program.mjs')
    await writeFile(file, `import { test } from 'node:test'\n${body}\n`)
    await writeFile(
      program,
      `import { runTestFiles } from '${join(import.meta.dirname, 'test-run.ts')}'
      process.exitCode = (await runTestFiles(['${file}'], process.stdout)) ? 0 : 1`,
    )
    const env = { ...process.env }
    delete env['NODE_TEST_CONTEXT']
    return await runCommand(process.execPath, [program], { env })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('a run that passes says so in its last lines', async () => {
  const { exitCode, stdout } = await runPlanted("test('fine', () => undefined)")
  assert.equal(exitCode, 0, stdout)
  assert.match(stdout, /\n# tests 1\n.*# pass 1\n# fail 0\n.*# skipped 0\n/s)
})

test('a failing test fails the run and shows why', async () => {
  const { exitCode, stdout } = await runPlanted("test('broken', () => { throw new Error('the reason') })")
  assert.equal(exitCode, 1)
  assert.match(stdout, /the reason/)
  assert.match(stdout, /\n# fail 1\n/)
})

test('a skipped test, a test left to do, and a file that dies fail the run', async () => {
  const bodies = [
    "test('a', () => undefined); test('left out', { ['skip']: true }, () => undefined)",
    "test('a', () => undefined); test('left out', (t) => t['todo']())",
  ]
  for (const body of bodies) {
    const { exitCode, stdout } = await runPlanted(body)
    assert.equal(exitCode, 1, stdout)
    assert.match(stdout, /not allowed: .*planted\.test\.mjs: left out/)
  }
  assert.equal((await runPlanted('process.kill(process.pid, "SIGKILL")')).exitCode, 1)
})
