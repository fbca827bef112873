/**
 * `npm run bench:server`: what the server takes: the README's tour from a fresh clone, memory while it idles, answers about ten thousand
 * points, and a thousand sources that fall due at once. Writes its section of docs/benchmarks.md.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { circumstances } from '../report/circumstances.ts'
import { writeSection } from '../report/document.ts'
import { markdownTable } from '../report/markdown-table.ts'
import { BenchServer } from './bench-server.ts'
import { measureFleet } from './fleet.ts'
import { measureLists } from './lists.ts'
import { measureTour } from './tour.ts'

const project = new URL('../../', import.meta.url).pathname
const report = (line: string): void => void process.stderr.write(`bench: ${line}\n`)

const rows: [string, string, string][] = [['what', 'measured', 'wanted']]
const tour = process.argv.includes('--no-tour') ? [] : await measureTour(project, report)
for (const { what, seconds } of tour) rows.push([what, `${seconds.toFixed(1)} s`, ''])
{
  await using server = await BenchServer.start(project)
  const idle = await server.idleRssMb()
  report(`idle: ${idle.toFixed(0)} MB`)
  rows.push(['memory of the server while it idles, PostgreSQL apart', `${idle.toFixed(0)} MB`, 'under 200 MB, aim 150'])
  for (const { what, p50Ms, p99Ms } of await measureLists(server, report))
    rows.push([what, `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`, 'p99 under 50 ms'])
}
{
  await using server = await BenchServer.start(project)
  const fleet = await measureFleet(server, report)
  rows.push(['a thousand sources, each with a plan of its own, due in the same minute: runs missed', String(fleet.missed), 'none'])
  rows.push(['… until all their jobs are made', `${fleet.jobsMadeSeconds.toFixed(1)} s`, ''])
  rows.push(['… until all are backed up and verified', `${fleet.doneSeconds.toFixed(0)} s`, ''])
  rows.push(['… memory of server and worker then', `${fleet.serverRssMb.toFixed(0)} MB, ${fleet.workerRssMb.toFixed(0)} MB`, ''])
}
const revision = execFileSync('git', ['describe', '--always', '--dirty'], { cwd: project, encoding: 'utf8' }).trim()
const versions = [`coffre 0.1.0 (node ${process.versions.node}) (${revision})`, 'PostgreSQL 18.4']
const about = await circumstances('npm run bench:server', 1, versions, project)
await writeSection(join(project, 'docs/benchmarks.md'), 'server', `${about}\n\n${markdownTable(rows)}`)
