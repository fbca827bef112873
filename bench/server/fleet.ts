import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createVault, getStatus, protectSource } from '@coffre/api-contract'
import { type BenchServer, rssMb } from './bench-server.ts'

export interface FleetFigures {
  readonly missed: number
  readonly jobsMadeSeconds: number
  readonly doneSeconds: number
  readonly serverRssMb: number
  readonly workerRssMb: number
}

const sources = 1000
const fileBytes = 20_000
const limitMs = 30 * 60_000

/** A thousand sources, each with a plan of its own, that all fall due at the same minute. */
export async function measureFleet(server: BenchServer, report: (line: string) => void): Promise<FleetFigures> {
  const { client, folder } = server
  const { vault } = await client.call(createVault, { body: { name: 'main' } })
  // Registering takes a minute: what is due comes well after it, and not again for a year.
  const due = new Date(Date.now() + 4 * 60_000)
  due.setUTCSeconds(0, 0)
  const schedule = `${due.getUTCMinutes()} ${due.getUTCHours()} ${due.getUTCDate()} ${due.getUTCMonth() + 1} *`
  for (let n = 0; n < sources; n++) {
    const path = join(folder, `source-${n}`)
    await mkdir(path)
    await writeFile(join(path, 'file'), Buffer.alloc(fileBytes, `source ${n} `))
    const config = { paths: [path] }
    await client.call(protectSource, { body: { name: `source-${n}`, engine: 'files', config, vault: vault.name, schedule } })
  }
  report(`${sources} sources registered; due at ${due.toISOString()}`)
  await setTimeout(Math.max(0, due.getTime() - Date.now()))
  const database = await server.database()
  try {
    const count = async (what: string): Promise<number> =>
      Number((await database.query<{ count: string }>(`select count(*) as count from ${what}`)).rows[0]?.count)
    const until = async (what: string, wanted: number): Promise<number> => {
      for (;;) {
        const now = await count(what)
        const seconds = (Date.now() - due.getTime()) / 1000
        if (now >= wanted) return seconds
        if (seconds * 1000 > limitMs) throw new Error(`only ${now} of ${wanted}: ${what}`)
        await setTimeout(200)
      }
    }
    const jobsMadeSeconds = await until("job where kind = 'BACKUP'", sources)
    report(`all jobs made after ${jobsMadeSeconds.toFixed(1)} s`)
    const doneSeconds = await until("job where kind = 'VERIFY' and state = 'COMPLETED'", sources)
    report(`all backed up and verified after ${doneSeconds.toFixed(0)} s`)
    const { workers } = await client.call(getStatus, {})
    return {
      missed: await count("occurrence where disposition = 'MISSED'"),
      jobsMadeSeconds,
      doneSeconds,
      serverRssMb: await server.rssMb(),
      workerRssMb: await rssMb(workers.at(-1)?.pid ?? 0),
    }
  } finally {
    await database.end()
  }
}
