import { readFileSync } from 'node:fs'
import { CoffreError, stateFolder } from '@coffre/foundation'
import type { Environment } from '@coffre/storage'

export interface ServerSettings {
  readonly stateFolder: string
  readonly host: string
  readonly port: number
  /** Of a PostgreSQL server that somebody else runs; undefined for the embedded one. */
  readonly databaseUrl: string | undefined
  /** How many jobs a worker does at a time. */
  readonly jobsAtATime: number
  /** Where the audit log is exported to; undefined when it is not. It may hold a secret. */
  readonly auditExport: string | undefined
  /** Told of alarms; undefined when nobody is. It may hold a secret. */
  readonly webhookUrl: string | undefined
  /** Of Coffre. */
  readonly version: string
  /** What else the environment says: of storage. */
  readonly environment: Environment
}

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }

/** What the environment says; everything has a default. */
export function serverSettings(environment: Environment, isRoot: boolean): ServerSettings {
  return {
    stateFolder: stateFolder(environment, isRoot),
    host: given(environment, 'COFFRE_HOST') ?? '127.0.0.1',
    port: port(given(environment, 'COFFRE_PORT') ?? '7878'),
    databaseUrl: given(environment, 'COFFRE_DATABASE_URL'),
    jobsAtATime: jobsAtATime(given(environment, 'COFFRE_JOBS') ?? '4'),
    auditExport: given(environment, 'COFFRE_AUDIT_EXPORT'),
    webhookUrl: webhookUrl(given(environment, 'COFFRE_WEBHOOK')),
    version: manifest.version,
    environment,
  }
}

function given(environment: Environment, name: string): string | undefined {
  const value = environment[name]
  return value === undefined || value === '' ? undefined : value
}

function port(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= 65_535) return value
  throw new CoffreError('usage.invalid', `COFFRE_PORT is ${JSON.stringify(text)}, which is no port`, {
    hint: 'Give a number from 1 to 65535, or 0 for any free port.',
  })
}

function jobsAtATime(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= 64) return value
  throw new CoffreError('usage.invalid', `COFFRE_JOBS is ${JSON.stringify(text)}, which is no number of jobs`, {
    hint: 'Give a number from 1 to 64.',
  })
}

function webhookUrl(text: string | undefined): string | undefined {
  if (text === undefined || /^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text
  throw new CoffreError('usage.invalid', 'COFFRE_WEBHOOK is no URL of http or https', { hint: 'Give the whole URL.' })
}
