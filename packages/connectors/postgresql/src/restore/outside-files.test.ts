import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '@coffre/testkit'
import { notesOnSettings, writeOutsideFiles } from './outside-files.ts'

const settings = `data_directory = '/var/lib/postgresql/15/main'
hba_file='/etc/postgresql/15/main/pg_hba.conf'
work_mem = '8MB'
  include_dir = 'conf.d'
#ident_file = 'x'
`

test('settings from outside the data directory are written into it, but for what would lead to the data of the source', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'pg_ident.conf'), 'own')
  const notes = await writeOutsideFiles(folder.path, [
    { setting: 'config_file', path: '/etc/postgresql/15/main/postgresql.conf', content: settings },
    { setting: 'hba_file', path: '/etc/postgresql/15/main/pg_hba.conf', content: null },
    { setting: 'ident_file', path: '/etc/postgresql/15/main/pg_ident.conf', content: 'not wanted' },
  ])
  const read = (name: string): Promise<string> => readFile(join(folder.path, name), 'utf8')
  const active = (await read('postgresql.conf')).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  assert.deepEqual(active, ["work_mem = '8MB'"])
  assert.match(await read('pg_hba.conf'), /^local all all scram-sha-256$/m)
  assert.equal(await read('pg_ident.conf'), 'own')
  assert.deepEqual(
    notes.map((note) => note.replace(/^.*?(was written|commented out|could not be read).*$/, '$1')),
    ['was written', 'commented out', 'could not be read'],
  )
  assert.match(notes[1] ?? '', /data_directory, hba_file, include_dir/)
})

test('settings that lie in the data directory stay, and what leads out of it is told', async () => {
  await using folder = await temporaryFolder()
  await writeFile(join(folder.path, 'postgresql.conf'), settings)
  const notes = await notesOnSettings(folder.path)
  assert.equal(notes.length, 2)
  assert.match(notes[0] ?? '', /data_directory = '\/var\/lib\/postgresql\/15\/main'/)
})
