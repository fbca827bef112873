import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PostgresServer } from '@coffre/testkit'
import type { Report } from '../corpora/corpus.ts'
import { totalBytes } from '../corpora/walk-files.ts'
import { type Measurement, measure } from '../measure/measure.ts'
import { settle } from '../measure/page-cache.ts'
import { markdownTable } from '../report/markdown-table.ts'
import { median } from '../report/median.ts'
import type { TargetResult } from '../report/targets.ts'
import { rotated } from '../rounds/rotation.ts'
import type { ScaleRun } from '../scale/scale-run.ts'
import { barman } from './barman.ts'
import { newBenchCluster } from './bench-cluster.ts'
import { coffreEngine } from './coffre-engine.ts'
import type { DatabasePlace, DatabaseTool } from './database-tool.ts'
import { pgBackRest } from './pgbackrest.ts'
import { resticPipe } from './restic-pipe.ts'

const scale = 100
const rounds = 3
const transactions = 500
const loadSeconds = 60
const tools = [coffreEngine, pgBackRest, barman, resticPipe]

/** What is timed and weighed in a round, in this order. */
const steps = ['full', 'after 500 transactions', 'after 60 s of pgbench', 'restore'] as const
type Step = (typeof steps)[number]

interface Reading {
  readonly tool: string
  readonly step: Step
  readonly measurement: Measurement
  /** What the repository has grown by. */
  readonly addedBytes: number
}

/** Backups and restores of a running PostgreSQL beside the programs that people use for it. */
export const baseScale: ScaleRun = {
  name: 'postgresql-base',
  needs: ['postgresql-15', 'restic', 'pgbackrest', 'barman'],
  async run({ workFolder, divisor, report }) {
    const size = Math.max(1, Math.round(scale / divisor))
    const readings: Reading[] = []
    for (let round = 0; round < (divisor === 1 ? rounds : 1); round++) {
      await using server = await newBenchCluster(size, report)
      const folder = join(workFolder, `round${round}`)
      await mkdir(folder)
      await new Round(server, folder, rotated(tools, round), divisor, report).run(readings)
      await rm(folder, { recursive: true })
    }
    const versions = await Promise.all(tools.map((tool) => tool.version()))
    return { content: `${text(size, versions)}\n\n${table(readings)}`, targets: targets(readings), failures: [] }
  },
}

class Round {
  readonly #server: PostgresServer
  readonly #folder: string
  readonly #tools: readonly DatabaseTool[]
  readonly #divisor: number
  readonly #report: Report

  constructor(server: PostgresServer, folder: string, all: readonly DatabaseTool[], divisor: number, report: Report) {
    this.#server = server
    this.#folder = folder
    this.#tools = all
    this.#divisor = divisor
    this.#report = report
  }

  async run(readings: Reading[]): Promise<void> {
    const incremental = this.#tools.filter((tool) => tool === coffreEngine || tool === pgBackRest)
    for (const tool of this.#tools) {
      await mkdir(this.#place(tool).folder)
      await using running = await tool.prepare(this.#place(tool))
      void running
      readings.push(await this.#backup(tool, 'full'))
    }
    await this.#server.run('pgbench', ['-n', '-t', String(transactions), 'postgres'])
    for (const tool of incremental) readings.push(await this.#backup(tool, 'after 500 transactions'))
    const seconds = Math.max(1, Math.round(loadSeconds / this.#divisor))
    this.#report(`pgbench for ${seconds} s`)
    await this.#server.run('pgbench', ['-n', '-c', '4', '-T', String(seconds), 'postgres'])
    for (const tool of incremental) readings.push(await this.#backup(tool, 'after 60 s of pgbench'))
    for (const tool of incremental) readings.push(await this.#restore(tool))
  }

  async #backup(tool: DatabaseTool, step: Step): Promise<Reading> {
    const place = this.#place(tool)
    await this.#server.query('checkpoint')
    await settle(this.#server.dataFolder)
    const before = totalBytes(tool.storedFolder(place))
    const { measurement } = await measure(tool.backup(place, step === 'full' ? 'first' : 'next'))
    const addedBytes = totalBytes(tool.storedFolder(place)) - before
    this.#report(`${tool.name}, ${step}: ${measurement.wallSeconds.toFixed(2)} s, ${megabytes(addedBytes)} MB`)
    return { tool: tool.name, step, measurement, addedBytes }
  }

  async #restore(tool: DatabaseTool): Promise<Reading> {
    const target = join(this.#folder, `restored-${tool.name}`)
    await mkdir(target, { mode: 0o700 })
    await settle(tool.storedFolder(this.#place(tool)))
    const command = tool.restore(this.#place(tool), target)
    if (command === undefined) throw new Error(`${tool.name} has no restore`)
    const { measurement } = await measure(command)
    this.#report(`${tool.name}, restore: ${measurement.wallSeconds.toFixed(2)} s`)
    await rm(target, { recursive: true })
    return { tool: tool.name, step: 'restore', measurement, addedBytes: 0 }
  }

  #place(tool: DatabaseTool): DatabasePlace {
    return { folder: join(this.#folder, tool.name.replaceAll(/\W+/g, '-')), server: this.#server }
  }
}

function text(size: number, versions: readonly string[]): string {
  const stores = tools.map(({ name, stores: how }) => `${name}: ${how}`).join('; ')
  return (
    `A running PostgreSQL 15 after \`pgbench -i -s ${size}\`, idle while it is copied; ${versions.join(', ')}. Stored: ${stores}. ` +
    'The first two columns are full backups; the next ones what a later backup takes and adds (pgBackRest: `--type=incr`). Restores put the ' +
    'files of the last backup into an empty folder.'
  )
}

function table(readings: readonly Reading[]): string {
  const head = [
    'tool',
    'full',
    'stored, MB',
    ...steps.slice(1, 3).flatMap((step) => [step, 'added, MB']),
    'restore',
    'peak RSS, MB',
  ]
  const rows = tools.map(({ name }) => {
    const of = (step: Step) => readings.filter((reading) => reading.tool === name && reading.step === step)
    const all = readings.filter(({ tool }) => tool === name)
    const rss = Math.max(...all.map(({ measurement }) => measurement.peakRssBytes))
    const backups = steps.slice(0, 3).flatMap((step) => [time(of(step)), added(of(step))])
    return [name, ...backups, time(of('restore')), megabytes(rss)]
  })
  return markdownTable([head, ...rows])
}

function time(readings: readonly Reading[]): string {
  if (readings.length === 0) return ''
  const seconds = readings.map(({ measurement }) => measurement.wallSeconds)
  const cpu = median(readings.map(({ measurement }) => measurement.cpuSeconds))
  const range = `${Math.min(...seconds).toFixed(2)}–${Math.max(...seconds).toFixed(2)}`
  return `${median(seconds).toFixed(2)} s (${range}), cpu ${cpu.toFixed(1)}`
}

function added(readings: readonly Reading[]): string {
  return readings.length === 0 ? '' : megabytes(median(readings.map(({ addedBytes }) => addedBytes)))
}

function targets(readings: readonly Reading[]): readonly TargetResult[] {
  const values = (tool: DatabaseTool, step: Step, of: (reading: Reading) => number) =>
    median(readings.filter((reading) => reading.tool === tool.name && reading.step === step).map(of))
  const seconds = ({ measurement }: Reading) => measurement.wallSeconds
  const bytes = ({ addedBytes }: Reading) => addedBytes
  const ratio = (target: string, step: Step, other: DatabaseTool, of: (reading: Reading) => number, max: number): TargetResult => {
    const value = values(coffreEngine, step, of) / values(other, step, of)
    return { target, measured: `${value.toFixed(2)} ×`, isMet: value <= max }
  }
  const rss = Math.max(...readings.filter(({ tool }) => tool === 'coffre').map(({ measurement }) => measurement.peakRssBytes))
  return [
    ratio('full backup within 1.3 × the time of pgBackRest (aim: ahead of it)', 'full', pgBackRest, seconds, 1.3),
    ratio('full backup ahead of Barman', 'full', barman, seconds, 1),
    ratio('full backup ahead of pg_basebackup into restic', 'full', resticPipe, seconds, 1),
    ratio('stored no more than by pgBackRest', 'full', pgBackRest, bytes, 1),
    ratio('after 500 transactions at most half of what pgBackRest adds', 'after 500 transactions', pgBackRest, bytes, 0.5),
    ratio('after 60 s of pgbench no more than pgBackRest adds', 'after 60 s of pgbench', pgBackRest, bytes, 1),
    ratio('restore no slower than pgBackRest', 'restore', pgBackRest, seconds, 1),
    { target: 'peak RSS under 300 MB', measured: `${megabytes(rss)} MB`, isMet: rss < 300 * 2 ** 20 },
  ]
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}
