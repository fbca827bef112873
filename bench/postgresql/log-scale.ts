import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { PostgresClient, PostgresServer } from '@coffre/testkit'
import { measure } from '../measure/measure.ts'
import { median } from '../report/median.ts'
import type { ScaleRun } from '../scale/scale-run.ts'
import { newBenchCluster } from './bench-cluster.ts'
import { engineCommand } from './coffre-engine.ts'
import type { EndLine, SealLine } from './engine-program.ts'

const behindBytes = 2 * 2 ** 30
const rateBytes = 20 * 2 ** 20
const commitsPerSecond = 10
const loadSeconds = 60

/** Log that a capture catches up with, and log that it follows while it is written. */
export const logScale: ScaleRun = {
  name: 'postgresql-log',
  needs: ['postgresql-15'],
  async run({ workFolder, divisor, report }) {
    await using server = await newBenchCluster(1, report)
    const vault = join(workFolder, 'vault')
    await measure(engineCommand('init', vault))
    await using client = await server.connect()
    await client.query('create table filler (n bigint, text text)')
    const first = await Capture.start(vault, server.port)
    await first.durable(await logEnd(client))
    await first.end()

    report('writing log while nobody follows it')
    const from = await logEnd(client)
    while ((await logEnd(client)) - from < behindBytes / divisor) await writeLog(client, 64 * 2 ** 20)
    const behind = (await logEnd(client)) - from
    const startedMs = performance.timeOrigin + performance.now()
    const second = await Capture.start(vault, server.port)
    const caughtUpMs = (await second.durable(from + behind)) - startedMs
    const catchUp = await second.end()
    report(`caught up with ${megabytes(behind)} MB in ${(caughtUpMs / 1000).toFixed(2)} s`)

    const third = await Capture.start(vault, server.port)
    await third.durable(await logEnd(client))
    const seconds = Math.max(5, Math.round(loadSeconds / divisor))
    report(`writing 20 MB of log a second for ${seconds} s`)
    const load = await writeSteadily(server, seconds)
    await third.durable(load.commits.at(-1)?.lsn ?? 0)
    const delays = load.commits.map(({ lsn, atMs }) => third.durableAt(lsn) - atMs)
    const follow = await third.end()

    const speed = behind / 2 ** 20 / (caughtUpMs / 1000)
    const worst = Math.max(...delays) / 1000
    const rss = Math.max(catchUp.peakRssBytes, follow.peakRssBytes)
    return {
      content:
        `A capture of PostgreSQL 15 by a process that begins ${megabytes(behind)} MB behind: durable in the vault, and told so to the server, ` +
        `after ${(caughtUpMs / 1000).toFixed(2)} s, its start included: ${speed.toFixed(0)} MB/s, cpu ${catchUp.cpuSeconds.toFixed(1)} s, ` +
        `peak RSS ${megabytes(catchUp.peakRssBytes)} MB. While ${(load.bytesPerSecond / 2 ** 20).toFixed(1)} MB of log a second were written ` +
        `for ${seconds} s in ${load.commits.length} commits, from a commit until it was durable and acknowledged: median ` +
        `${(median(delays) / 1000).toFixed(2)} s, at most ${worst.toFixed(2)} s; cpu ${follow.cpuSeconds.toFixed(1)} s, peak RSS ` +
        `${megabytes(follow.peakRssBytes)} MB.`,
      targets: [
        { target: 'a slot 2 GB behind caught up at 200 MB/s or more', measured: `${speed.toFixed(0)} MB/s`, isMet: speed >= 200 },
        { target: 'every commit durable within 5 s at 20 MB/s', measured: `${worst.toFixed(2)} s`, isMet: worst <= 5 },
        { target: 'peak RSS under 300 MB', measured: `${megabytes(rss)} MB`, isMet: rss < 300 * 2 ** 20 },
      ],
      failures: [],
    }
  },
}

/** The program that captures, and what it says. */
class Capture {
  readonly #seals: { readonly durable: number; readonly atMs: number }[] = []
  readonly #child: ReturnType<typeof spawn>
  readonly #closed: Promise<unknown>
  #end: EndLine | undefined
  #news = Promise.withResolvers<void>()

  private constructor(child: ReturnType<typeof spawn>) {
    this.#child = child
    this.#closed = once(child, 'close')
    if (child.stdout === null) throw new Error('the capture says nothing')
    createInterface({ input: child.stdout }).on('line', (text) => this.#take(JSON.parse(text) as SealLine | EndLine))
    void this.#closed.then(() => this.#news.reject(new Error('the capture has ended')))
    this.#news.promise.catch(() => undefined)
  }

  static async start(vault: string, port: number): Promise<Capture> {
    const { program, args, cwd, env } = engineCommand('capture', vault, String(port))
    const child = spawn(program, [...args], { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    process.once('exit', () => child.kill('SIGKILL'))
    return new Capture(child)
  }

  /** When log was durable up to there; rejects when the program ends before. */
  async durable(lsn: number): Promise<number> {
    while ((this.#seals.at(-1)?.durable ?? -1) < lsn) await this.#news.promise
    return this.durableAt(lsn)
  }

  durableAt(lsn: number): number {
    const seal = this.#seals.find(({ durable }) => durable >= lsn)
    if (seal === undefined) throw new Error('it is not durable')
    return seal.atMs
  }

  async end(): Promise<EndLine> {
    this.#child.kill('SIGTERM')
    await this.#closed
    if (this.#end === undefined) throw new Error(`the capture ended with ${this.#child.exitCode}`)
    return this.#end
  }

  #take(line: SealLine | EndLine): void {
    if (!('durable' in line)) {
      this.#end = line
      return
    }
    this.#seals.push({ durable: Number.parseInt(line.durable, 16), atMs: line.atMs })
    const { resolve } = this.#news
    this.#news = Promise.withResolvers()
    this.#news.promise.catch(() => undefined)
    resolve()
  }
}

/** The end of what is flushed. */
async function logEnd(client: PostgresClient): Promise<number> {
  return numberIn(client, "select pg_current_wal_flush_lsn() - '0/0' as n")
}

/** One transaction with so much log, of rows as applications write them; resolves to where its commit ends. */
async function writeLog(client: PostgresClient, bytes: number): Promise<number> {
  const rows = Math.ceil(bytes / 250)
  await client.query(
    `insert into filler select n, md5(n::text) || ' was ordered by ' || md5((n % 1000)::text) || repeat(' and paid', n % 20) from generate_series(1, ${rows}) n`,
  )
  return logEnd(client)
}

async function writeSteadily(server: PostgresServer, seconds: number) {
  await using client = await server.connect()
  const commits: { readonly lsn: number; readonly atMs: number }[] = []
  const from = await logEnd(client)
  const begun = performance.now()
  for (let n = 0; n < seconds * commitsPerSecond; n++) {
    const lsn = await writeLog(client, rateBytes / commitsPerSecond)
    commits.push({ lsn, atMs: performance.timeOrigin + performance.now() })
    const waitMs = begun + ((n + 1) * 1000) / commitsPerSecond - performance.now()
    if (waitMs > 0) await client.query('select pg_sleep($1)', [waitMs / 1000])
  }
  const bytesPerSecond = ((await logEnd(client)) - from) / ((performance.now() - begun) / 1000)
  return { commits, bytesPerSecond }
}

async function numberIn(client: PostgresClient, sql: string): Promise<number> {
  const result = await client.query(sql)
  if (Array.isArray(result)) throw new Error('one answer was expected')
  return Number(result.rows[0]?.n)
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}
