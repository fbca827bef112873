import { CoffreError } from '@coffre/foundation'
import { type Migration, Migrator } from 'kysely/migration'
import type { Catalogue } from './database.ts'
import { up as tenantsAndPolicy } from './migrations/0001-tenants-and-policy.ts'
import { up as workAndPoints } from './migrations/0002-work-and-points.ts'
import { up as peopleAndRecords } from './migrations/0003-people-and-records.ts'
import { up as usersAndSessions } from './migrations/0004-users-and-sessions.ts'
import { up as vaultRecords } from './migrations/0005-vault-records.ts'
import { up as jobFailures } from './migrations/0006-job-failures.ts'
import { up as lockedVaults } from './migrations/0007-locked-vaults.ts'
import { up as streams } from './migrations/0008-streams.ts'
import { up as restoreSecrets } from './migrations/0009-restore-secrets.ts'
import { up as jobPhases } from './migrations/0010-job-phases.ts'

/** In this order, for ever: what was released is never edited. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-tenants-and-policy': { up: tenantsAndPolicy },
  '0002-work-and-points': { up: workAndPoints },
  '0003-people-and-records': { up: peopleAndRecords },
  '0004-users-and-sessions': { up: usersAndSessions },
  '0005-vault-records': { up: vaultRecords },
  '0006-job-failures': { up: jobFailures },
  '0007-locked-vaults': { up: lockedVaults },
  '0008-streams': { up: streams },
  '0009-restore-secrets': { up: restoreSecrets },
  '0010-job-phases': { up: jobPhases },
}

/** Brings the catalogue to the layout of this version. Of several servers that start at once, one does it and the others wait. */
export async function migrate(catalogue: Catalogue): Promise<void> {
  const migrator = new Migrator({ db: catalogue, provider: { getMigrations: () => Promise.resolve(migrations) } })
  const { error, results } = await migrator.migrateToLatest()
  if (error === undefined) return
  const failed = results?.find((result) => result.status === 'Error')
  if (failed === undefined && error instanceof Error && /corrupted migrations/.test(error.message)) {
    throw new CoffreError('catalogue.newer', 'the catalogue was made by a newer version of Coffre', {
      hint: 'Start that version or a newer one. Nothing was changed.',
      cause: error,
    })
  }
  throw new CoffreError(
    'catalogue.unavailable',
    `the catalogue could not be brought up to date${failed === undefined ? '' : ` by ${failed.migrationName}`}`,
    {
      hint: 'Nothing was changed. The cause is below; is it PostgreSQL 15 or newer, and may this user make tables?',
      cause: error,
    },
  )
}
