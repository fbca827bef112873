import { readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Finding, RestoreReport, StoredPoint } from '@coffre/connector'
import { bytesOf, isCoffreError, throwIfAborted } from '@coffre/foundation'
import { readBaseDetails } from '../base/base-details.ts'
import { judgeCounts } from '../parts/row-counts.ts'
import { runningServer } from '../restore/data-folder.ts'
import { findEngineAccount } from '../restore/engine-account.ts'
import { findEngineBinaries } from '../restore/engine-binaries.ts'
import { runEngineProgram } from '../restore/engine-program.ts'
import { readRestoredDetails } from '../restore/restored-details.ts'
import type { PostgresqlSettings } from '../settings.ts'
import { checkFiles } from './check-files.ts'
import { checkRunning } from './check-running.ts'

/**
 * Looks at a restored data folder: before a server was started on it, at each file; while one runs, into its databases; after it was
 * stopped, at its pages.
 */
export async function verifyPostgresql(
  point: StoredPoint,
  restored: RestoreReport,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  throwIfAborted(signal)
  const { target } = restored
  const details = readRestoredDetails(restored)
  if (target.kind !== 'folder') return judgeCounts(details.loaded ?? [])
  const folder = resolve(bytesOf(target.path).toString())
  const base = readBaseDetails(point.manifest)
  if ((await runningServer(folder)) !== undefined) {
    const { socketFolder, port } = details
    if (socketFolder === undefined || port === undefined || base.owner === undefined)
      return [note('postgresql.not-looked-into', `the server on ${folder} has no socket that we may look into it by`)]
    return checkRunning({ socketFolder, port, user: base.owner, major: base.major }, base, details, signal)
  }
  const version = await readFile(join(folder, 'PG_VERSION'), 'utf8').catch(() => '')
  if (version.trim() !== String(base.major))
    return [{ severity: 'error', code: 'postgresql.file-differs', message: `${folder} holds no data of PostgreSQL ${base.major}` }]
  const isUntouched = await stat(join(folder, 'backup_label')).then(
    () => true,
    () => false,
  )
  if (isUntouched) return checkFiles(folder, details.rewritten, signal)
  return base.hasChecksums ? checkPages(folder, base.major, settings, signal) : []
}

async function checkPages(
  folder: string,
  major: number,
  settings: PostgresqlSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  try {
    const binaries = await findEngineBinaries(major, settings, signal)
    const account = await findEngineAccount(settings.engineAccount)
    const { exitCode, stdout, stderr } = await runEngineProgram(
      binaries,
      'pg_checksums',
      ['--check', '-D', folder],
      account,
      signal,
    )
    if (exitCode === 0) return []
    const said = `${stderr}${stdout}`.trim().split('\n').slice(0, 10).join(' | ')
    return [{ severity: 'error', code: 'postgresql.bad-page', message: `pg_checksums finds: ${said}` }]
  } catch (error) {
    if (!isCoffreError(error, 'engine.missing')) throw error
    return [note('postgresql.pages-not-checked', `the pages were not checked: ${error.message}`)]
  }
}

function note(code: string, message: string): Finding {
  return { severity: 'note', code, message }
}
