import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'

test('the example of the README makes a snapshot', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
  assert.ok(example.trim().split('\n').length <= 15)
  await using folder = await temporaryFolder()
  const code = example
    .replace("'/srv/vault'", JSON.stringify(join(folder.path, 'vault')))
    .replace("['/etc']", JSON.stringify([import.meta.dirname]))
  const module = new URL(`./readme-example-${process.pid}.ts`, import.meta.url)
  await writeFile(module, `${code}\nawait lock[Symbol.asyncDispose]()\nexport const result = snapshotId\n`)
  try {
    const { result } = (await import(module.href)) as { readonly result: string }
    assert.match(result, /^[0-9a-f]{64}$/)
  } finally {
    await rm(module)
  }
})
