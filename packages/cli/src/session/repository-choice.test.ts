import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { type ChoiceOptions, fromRepository, mainRepository } from './repository-choice.ts'

const nothing: ChoiceOptions = {
  repo: undefined,
  repositoryFile: undefined,
  passwordFile: undefined,
  passwordCommand: undefined,
  keyHint: undefined,
  insecureNoPassword: false,
  credentials: undefined,
}

function surroundings(environment: Record<string, string>) {
  return { environment, workingFolder: '/', signal: new AbortController().signal }
}

test("options count more than Coffre's variables, and these more than restic's", async () => {
  const restic = { RESTIC_REPOSITORY: 'r', RESTIC_PASSWORD_FILE: 'rp', RESTIC_KEY_HINT: 'rk' }
  const coffre = { COFFRE_REPO: 'c', COFFRE_PASSWORD: 'cp', COFFRE_KEY_HINT: 'ck' }
  const byRestic = await fromEnvironment(restic)
  assert.deepEqual([byRestic.location, byRestic.password.file, byRestic.keyHint], ['r', 'rp', 'rk'])
  const byCoffre = await fromEnvironment({ ...restic, ...coffre })
  assert.deepEqual(
    [byCoffre.location, byCoffre.password.file, byCoffre.password.text, byCoffre.keyHint],
    ['c', undefined, 'cp', 'ck'],
  )
  const given = { ...nothing, repo: 'o', passwordFile: 'op', keyHint: 'ok' }
  const byOptions = await fromRepository(given, surroundings({ COFFRE_FROM_REPO: 'c', RESTIC_FROM_PASSWORD_COMMAND: 'x' }))
  assert.deepEqual(
    [byOptions.location, byOptions.password.file, byOptions.password.command, byOptions.keyHint],
    ['o', 'op', undefined, 'ok'],
  )
})

test('the source of a copy has variables of its own', async () => {
  const environment = { COFFRE_REPO: 'c', RESTIC_FROM_REPOSITORY: 'f', RESTIC_FROM_PASSWORD: 'fp', COFFRE_FROM_CREDENTIALS: 'fc' }
  const choice = await fromRepository(nothing, surroundings(environment))
  assert.deepEqual([choice.location, choice.password.text, choice.credentials], ['f', 'fp', 'fc'])
})

test('a location may stand in a file, with white space around it', async () => {
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'location')
  await writeFile(file, '\ufeff  s3:http://h/bucket \n')
  assert.equal((await fromRepository({ ...nothing, repositoryFile: file }, surroundings({}))).location, 's3:http://h/bucket')
  assert.equal((await fromEnvironment({ RESTIC_REPOSITORY_FILE: file })).location, 's3:http://h/bucket')
})

test('no repository, or two, is an error that says what to give', async () => {
  const cases: readonly (readonly [ChoiceOptions, RegExp])[] = [
    [nothing, /--from-repo/],
    [{ ...nothing, repo: 'a', repositoryFile: 'b' }, /--from-repo and --from-repository-file/],
  ]
  for (const [options, message] of cases) {
    await assert.rejects(
      fromRepository(options, surroundings({})),
      (error) => isCoffreError(error, 'usage.invalid') && message.test(`${error.message} ${error.hint}`),
    )
  }
})

function fromEnvironment(environment: Record<string, string>) {
  const globals = { ...nothing, json: false } as unknown as Parameters<typeof mainRepository>[0]
  return mainRepository(globals, surroundings(environment))
}
