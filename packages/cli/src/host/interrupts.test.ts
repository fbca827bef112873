import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

test('the first signal is heard, the second one ends the process at once', async () => {
  const program = `
    import { whenInterrupted } from ${JSON.stringify(new URL('./interrupts.ts', import.meta.url).href)}
    whenInterrupted((name) => console.log(name))
    setInterval(() => undefined, 60_000)
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout.setEncoding('utf8')
  assert.deepEqual(await once(child.stdout, 'data'), ['ready\n'])
  child.kill('SIGINT')
  assert.deepEqual(await once(child.stdout, 'data'), ['SIGINT\n'])
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [130, null])
})
