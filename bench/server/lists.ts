import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createVault, listJobs, listPoints, protectSource } from '@coffre/api-contract'
import type { BenchServer } from './bench-server.ts'

export interface Latency {
  readonly what: string
  readonly p50Ms: number
  readonly p99Ms: number
}

const points = 10_000
const sources = 20
const asked = 1000
/** The server lets nobody ask more than a hundred times a second for long. */
const pauseMs = 12

/** How long pages of a list of ten thousand points take. */
export async function measureLists(server: BenchServer, report: (line: string) => void): Promise<Latency[]> {
  const { client, folder } = server
  const { vault } = await client.call(createVault, { body: { name: 'main' } })
  for (let n = 0; n < sources; n++) {
    const path = join(folder, `source-${n}`)
    await mkdir(path)
    await client.call(protectSource, {
      body: { name: `source-${n}`, engine: 'files', config: { paths: [path] }, vault: vault.name },
    })
  }
  const database = await server.database()
  await database.query(
    `insert into point (id, hex_id, project_id, account_label, region_label, source_id, source_name, engine, vault_id, vault_name,
       snapshot_id, state, initiated_at, created_at, completed_at, consistent_at, size_bytes, stored_bytes, items, lifecycle,
       keep_levels, keep_zone, is_on_demand)
     select gen_random_uuid(), substr(md5(n::text), 1, 24), source.project_id, '000000000000', 'local', source.id, source.name, 'files',
       $1, 'main', md5(n::text) || md5((-n)::text), 'COMPLETED', at, at, at, at, 1000000, 1000, 100, '{}', array['daily'], 'UTC', false
     from generate_series(1, $2::int) n
     cross join lateral (select now() - n * interval '1 minute' as at) times
     join lateral (select * from source order by name offset n % $3::int limit 1) source on true`,
    [vault.id, points, sources],
  )
  await database.query('analyze')
  await database.end()
  const latencies: Latency[] = []
  const measure = async (what: string, ask: (n: number) => Promise<unknown>): Promise<void> => {
    for (let n = 0; n < 50; n++) await ask(n)
    const times: number[] = []
    for (let n = 0; n < asked; n++) {
      const startMs = performance.now()
      await ask(n)
      times.push(performance.now() - startMs)
      await setTimeout(pauseMs)
    }
    times.sort((a, b) => a - b)
    const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0
    latencies.push({ what, p50Ms: at(0.5), p99Ms: at(0.99) })
    report(`${what}: p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`)
  }
  await measure('a page of 100 of 10,000 points, the first', () => client.call(listPoints, {}))
  await measure('… of one source', (n) => client.call(listPoints, { query: { source: `source-${n % sources}` } }))
  let after: string | undefined
  await measure('… one after the other to the end', async () => {
    const page = await client.call(listPoints, { query: { ...(after === undefined ? {} : { after }) } })
    after = page.next
  })
  await measure('a page of jobs', () => client.call(listJobs, {}))
  return latencies
}
