import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { type PasswordSources, readPassword } from './read-password.ts'

const { signal } = new AbortController()

async function read(sources: Partial<PasswordSources>): Promise<string> {
  const all = { fileOption: '--password-file', commandOption: '--password-command', mayBeEmpty: false, environment: {}, ...sources }
  return Buffer.from(await readPassword(all, signal)).toString('latin1')
}

test('a file holds the password as restic reads it: no byte order mark, no white space around it, any bytes within', async () => {
  await using folder = await temporaryFolder()
  const contents: readonly (readonly [content: Buffer, password: string])[] = [
    [Buffer.from('secret\n'), 'secret'],
    [Buffer.from(' \t se cret \r\n\n'), 'se cret'],
    [Buffer.from('\ufeffsecret'), 'secret'],
    [Buffer.from('\ufeffpäss\n', 'utf16le'), Buffer.from('päss').toString('latin1')],
    [Buffer.from('a\xff\xfeb\n', 'latin1'), 'a\xff\xfeb'],
    [Buffer.from('\u00a0secret\u2003\n'), 'secret'],
    [Buffer.from('two\nlines\n'), 'two\nlines'],
  ]
  const file = join(folder.path, 'P')
  for (const [content, password] of contents) {
    await writeFile(file, content)
    assert.equal(await read({ file }), password)
  }
})

test('a command prints the password; a variable is the password as it is', async () => {
  assert.equal(await read({ command: `'${process.execPath}' -p '"from a command"'` }), 'from a command')
  assert.equal(await read({ command: `'${process.execPath}' -p process.env.WORD`, environment: { WORD: 'seen' } }), 'seen')
  assert.equal(await read({ text: ' as it is ' }), ' as it is ')
  assert.equal(await read({ mayBeEmpty: true }), '')
})

test('no password, two of them, and an empty one are errors', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'P')
  await writeFile(file, ' \n')
  for (const sources of [
    {},
    { file, command: 'true' },
    { file },
    { command: 'true' },
    { mayBeEmpty: true, file },
    { file: 'none' },
  ]) {
    await assert.rejects(read(sources), (error) => isCoffreError(error, 'usage.invalid'), JSON.stringify(sources))
  }
})
