import assert from 'node:assert/strict'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isCoffreError } from '@coffre/foundation'
import { temporaryFolder } from '@coffre/testkit'
import { findClientPrograms } from './find-client-programs.ts'

const noSignal = new AbortController().signal
/** Newer than any that a machine of tests has by itself. */
const oldest = 97
let folder: Awaited<ReturnType<typeof temporaryFolder>>

before(async () => {
  folder = await temporaryFolder()
  for (const major of [96, 97, 98, 99]) await makePrograms(`v${major}`, major)
  await mkdir(join(folder.path, 'empty'))
  await mkdir(join(folder.path, 'links'))
  await makePrograms('postgresql-common', 97)
  for (const program of programs)
    await symlink(join(folder.path, 'postgresql-common', program), join(folder.path, 'links', program))
})
after(() => folder[Symbol.asyncDispose]())

const programs = ['pg_dump', 'pg_dumpall', 'pg_restore', 'psql']

async function makePrograms(name: string, major: number): Promise<void> {
  await mkdir(join(folder.path, name))
  for (const program of programs) {
    const path = join(folder.path, name, program)
    await writeFile(path, `#!/bin/sh\necho "${program} (PostgreSQL) ${major}.4 (Debian)"\n`)
    await chmod(path, 0o755)
  }
}

function at(...names: readonly string[]): string {
  return names.map((name) => join(folder.path, name)).join(':')
}

for (const [what, settings, found] of [
  ['the same version', () => ({ searchPath: at('v99', 'v97', 'v98') }), 97],
  ['the nearest newer one', () => ({ searchPath: at('v96', 'v99', 'empty', 'v98') }), 98],
  ['what is named, before what is on the PATH', () => ({ searchPath: at('v97'), engineFolders: { 97: at('v97') } }), 97],
  ['what is beside links of a script that chooses by itself', () => ({ searchPath: at('links', 'v99') }), 99],
] as const) {
  test(`client programs: ${what}`, async () => {
    assert.equal((await findClientPrograms(oldest, settings(), noSignal)).major, found)
  })
}

test('client programs that are all too old are missing, with what to install', async () => {
  await assert.rejects(findClientPrograms(oldest, { searchPath: at('v96', 'empty') }, noSignal), (error) => {
    assert.ok(isCoffreError(error, 'engine.missing'))
    assert.match(error.hint ?? '', /postgresql-client-97/)
    return true
  })
})
