import { sql } from 'kysely'
import type { Catalogue } from '../catalogue/database.ts'
import type { Trouble } from './trouble.ts'

/** Vaults in which the last look found what nobody does by way of Coffre, or could not make sense of what it found. */
export async function tamperedVaults(catalogue: Catalogue, projectId: string): Promise<Trouble[]> {
  const { rows } = await sql<Look>`
    select vault.id, vault.name, last.state, last.message, last.result, last.error->>'code' as code
    from vault
    join lateral (
      select state, message, result, error from job
      where job.vault_id = vault.id and job.kind = 'HEAL' and job.state in ('COMPLETED', 'PARTIAL', 'FAILED', 'EXPIRED')
      order by created_at desc limit 1
    ) last on true
    where vault.project_id = ${projectId} and vault.deletion_date is null`.execute(catalogue)
  return rows.flatMap((look) => {
    const about = { projectId, subjectKind: 'vault', subjectId: look.id } as const
    if (look.state === 'FAILED' || look.state === 'EXPIRED') {
      const why = look.message === null ? '' : `: ${look.message}`
      // What cannot be read any more may well be what somebody did.
      return look.code?.startsWith('repository.') && look.code !== 'repository.locked'
        ? { ...about, kind: 'vault.tampered', severity: 'critical', message: `vault ${look.name} is not whole${why}` }
        : { ...about, kind: 'heal.failed', severity: 'warning', message: `the last look into vault ${look.name} failed${why}` }
    }
    const { found = 0, left = 0, kinds = {} } = look.result ?? {}
    if (found === 0) return []
    const what = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`)
    const rest = left === 0 ? 'All of it was mended' : `${left} could not be mended`
    const message = `somebody has changed vault ${look.name} behind the back of Coffre: ${what.join(', ')}. ${rest}`
    return { ...about, kind: 'vault.tampered', severity: 'critical', message }
  })
}

interface Look {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly message: string | null
  readonly result: {
    readonly found?: number
    readonly left?: number
    readonly kinds?: Readonly<Record<string, number>>
  } | null
  readonly code: string | null
}
