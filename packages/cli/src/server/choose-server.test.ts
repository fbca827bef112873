import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { type TemporaryFolder, temporaryFolder } from '@coffre/testkit'
import { chooseServer, type ServerChoice } from './choose-server.ts'
import { loginsFile, writeLogins } from './stored-logins.ts'

const local = 'http://127.0.0.1:7878'
const far = 'https://far.example'

/** A user whose usual state folder has a running server, and who signed in elsewhere. */
async function home(given: { readonly runs?: boolean; readonly signedIn?: boolean }): Promise<TemporaryFolder> {
  const folder = await temporaryFolder()
  if (given.runs === true) await runServer(join(folder.path, '.coffre'), local, 'here')
  if (given.signedIn === true)
    await writeLogins(loginsFile({ HOME: folder.path }), { current: far, servers: { [far]: { token: 'there', name: 'ada' } } })
  return folder
}

async function runServer(stateFolder: string, url: string, credential: string): Promise<void> {
  await mkdir(stateFolder, { recursive: true })
  await writeFile(join(stateFolder, 'server.json'), JSON.stringify({ url, pid: 1 }))
  await writeFile(join(stateFolder, 'local-credential'), `${credential}\n`)
}

function choose(folder: TemporaryFolder, environment: Readonly<Record<string, string>> = {}): Promise<ServerChoice> {
  const surroundings = {
    environment: { HOME: folder.path, ...environment },
    workingFolder: '/',
    signal: new AbortController().signal,
  }
  return chooseServer({ surroundings, host: { isRoot: false } })
}

test('on the machine of a server nobody needs to sign in', async () => {
  await using folder = await home({ runs: true })
  assert.deepEqual(await choose(folder), { url: local, token: 'here', isLocal: true })
  assert.deepEqual(await choose(folder, { COFFRE_TOKEN: 'mine' }), { url: local, token: 'mine', isLocal: true })
})

test('a named server counts most, then a named state folder, then the last sign-in', async () => {
  await using folder = await home({ runs: true, signedIn: true })
  const other = join(folder.path, 'other')
  await runServer(other, 'http://127.0.0.1:1', 'other')
  const cases: readonly (readonly [environment: Readonly<Record<string, string>>, url: string, token: string | undefined])[] = [
    [{}, far, 'there'],
    [{ COFFRE_STATE: other }, 'http://127.0.0.1:1', 'other'],
    [{ COFFRE_STATE: other, COFFRE_URL: 'http://third.example:80/' }, 'http://third.example', undefined],
    [{ COFFRE_URL: `${far}/`, COFFRE_TOKEN: '' }, far, 'there'],
    [{ COFFRE_URL: far, COFFRE_TOKEN: 'key' }, far, 'key'],
  ]
  for (const [environment, url, token] of cases) {
    const chosen = await choose(folder, environment)
    assert.deepEqual([chosen.url, chosen.token], [url, token], JSON.stringify(environment))
  }
})

test('where no server runs, the way to start one is told', async () => {
  await using folder = await home({})
  await assert.rejects(
    choose(folder),
    (error) => isCoffreError(error, 'server.unreachable') && error.hint?.includes('npm start') === true,
  )
  await assert.rejects(choose(folder, { COFFRE_STATE: join(folder.path, 'none') }), /no server runs with its state in .*none/)
})

test('addresses that are none are refused', async () => {
  await using folder = await home({})
  for (const url of ['far.example', 'ftp://far.example', 'https://user:secret@far.example'])
    await assert.rejects(choose(folder, { COFFRE_URL: url }), (error) => isCoffreError(error, 'usage.invalid'), url)
})
