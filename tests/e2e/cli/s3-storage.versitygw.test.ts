import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { systemContext } from '@coffre/foundation'
import { type FileHandle, formatLocation, openBackend } from '@coffre/storage'
import { startVersitygw, type Versitygw } from '@coffre/testkit'
import { CliVault, type ListedSnapshot } from './cli-vault.ts'
import { expectFailure } from './expect-failure.ts'

function environmentOf({ credentials }: Versitygw): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey }
}

test('a repository in a bucket: init, backup, restore, check, forget and prune', async () => {
  await using gateway = await startVersitygw()
  await gateway.createBucket('vault')
  await using vault = await CliVault.prepare()
  const env = { ...environmentOf(gateway), COFFRE_REPO: formatLocation(gateway.location('vault', 'deep/er')) }
  await vault.succeed(['init'], { env })
  await vault.succeed(['backup', 'source', '--limit-upload', '4096'], { env })
  await writeFile(vault.path('source/one.txt'), 'changed')
  await vault.succeed(['backup', 'source'], { env })
  await vault.succeed(['restore', 'latest', '--target', 'out', '--verify'], { env })
  await vault.succeed(['forget', '--keep-last', '1', '--prune'], { env })
  await vault.succeed(['check', '--read-data'], { env })
  assert.equal((JSON.parse(await vault.succeed(['snapshots', '--json'], { env })) as unknown[]).length, 1)
  assert.deepEqual(JSON.parse(await vault.succeed(['locks', '--json'], { env })), [])
})

test('refused credentials and a missing bucket: a hint and an exit code of their own, no secret shown', async () => {
  await using gateway = await startVersitygw()
  await gateway.createBucket('vault')
  await using vault = await CliVault.prepare()
  const location = formatLocation(gateway.location('vault'))
  const wrong = { ...environmentOf(gateway), AWS_SECRET_ACCESS_KEY: 'this is not it' }
  const refused = await vault.run(['init', '-r', location], { env: wrong })
  expectFailure(refused, 'storage.credentials', /secret key does not fit/, /AWS_SECRET_ACCESS_KEY|credentials/i)
  assert.doesNotMatch(refused.stderr, /this is not it/)
  const stranger = { AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing' }
  expectFailure(await vault.run(['init', '-r', location], { env: stranger }), 'storage.credentials', /access key/)
  const half = { AWS_ACCESS_KEY_ID: 'alone' }
  expectFailure(await vault.run(['init', '-r', location], { env: half }), 'storage.credentials', /AWS_SECRET_ACCESS_KEY is not set/)
  const elsewhere = formatLocation(gateway.location('no-such-bucket'))
  const missing = await vault.run(['init', '-r', elsewhere], { env: environmentOf(gateway) })
  expectFailure(missing, 'storage.bucket-missing', /bucket does not exist/, /bucket/)
  const empty = await vault.run(['snapshots', '-r', location], { env: environmentOf(gateway) })
  expectFailure(empty, 'repository.missing', /no repository at s3:/, /repo init/)
})

test('copy between two stores, each with its own credentials', async () => {
  await using first = await startVersitygw()
  await using second = await startVersitygw()
  await first.createBucket('vault')
  await second.createBucket('vault')
  await using vault = await CliVault.prepare()
  const { accessKeyId, secretAccessKey } = first.credentials
  await writeFile(
    vault.path('credentials'),
    `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  )
  const [from, to] = [formatLocation(first.location('vault')), formatLocation(second.location('vault'))]
  await vault.succeed(['init', '-r', from, '--credentials', 'credentials'])
  await vault.succeed(['backup', 'source', '-r', from, '--credentials', 'credentials'])
  const env = environmentOf(second)
  await vault.succeed(
    [
      'init',
      '-r',
      to,
      '--copy-chunker-params',
      '--from-repo',
      from,
      '--from-password-file',
      'P',
      '--from-credentials',
      'credentials',
    ],
    { env },
  )
  const copy = ['copy', '-r', to, '--from-repo', from, '--from-password-file', 'P', '--from-credentials', 'credentials']
  assert.match(await vault.succeed(copy, { env }), /copied 1 snapshots, 0 were there already/)
  assert.match(await vault.succeed(copy, { env }), /copied 0 snapshots, 1 were there already/)
  const [snapshot] = JSON.parse(await vault.succeed(['snapshots', '-r', to, '--json'], { env })) as ListedSnapshot[]
  assert.deepEqual(snapshot?.paths, [vault.source])
})

test('a locked vault: nothing can be removed before its term, what is hidden is read all the same, heal brings it back', async () => {
  await using gateway = await startVersitygw()
  await gateway.createBucket('locked', { objectLock: true })
  await using vault = await CliVault.prepare()
  const env = { ...environmentOf(gateway), COFFRE_REPO: formatLocation(gateway.location('locked')) }
  expectFailure(
    await vault.run(['init', '--lock-days', '3'], { env }),
    'usage.invalid',
    /--lock-days is only of use with --object-lock/,
  )
  await vault.succeed(['init', '--object-lock', 'governance', '--lock-days', '3'], { env })
  await vault.succeed(['backup', 'source'], { env })
  const [snapshot] = JSON.parse(await vault.succeed(['snapshots', '--json'], { env })) as ListedSnapshot[]
  assert.ok(snapshot !== undefined)
  expectFailure(
    await vault.run(['forget', snapshot.id], { env }),
    'repository.held',
    new RegExp(snapshot.id),
    /Nothing was removed/,
  )
  const kept = JSON.parse(
    await vault.succeed(['forget', '--path', vault.source, '--unsafe-allow-remove-all', '--json'], { env }),
  ) as { keep: unknown[] }[]
  assert.equal(kept[0]?.keep.length, 1)
  await vault.succeed(['prune'], { env })
  await vault.succeed(['check', '--read-data'], { env })

  await hide(gateway, 'locked', { type: 'snapshot', name: snapshot.id })
  await vault.succeed(['restore', 'latest', '--target', 'out', '--verify'], { env })
  assert.match(
    await vault.succeed(['heal'], { env }),
    new RegExp(`snapshots/${snapshot.id} was hidden\\n1 files are as they should be again`),
  )
  assert.match(await vault.succeed(['heal'], { env }), /nothing is hidden/)
})

/** What whoever has the writer's credentials can do to a file of a locked vault. */
async function hide({ credentials, location }: Versitygw, bucket: string, file: FileHandle): Promise<void> {
  const { signal } = new AbortController()
  const options = { s3: () => ({ credentials: async () => credentials }) }
  await using backend = await openBackend(location(bucket), options, systemContext, signal)
  await backend.remove(file, signal)
}
