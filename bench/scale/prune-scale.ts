import { cp, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { totalBytes } from '../corpora/walk-files.ts'
import { type Command, type Measurement, measure } from '../measure/measure.ts'
import { settle } from '../measure/page-cache.ts'
import { markdownTable } from '../report/markdown-table.ts'
import { newPlace } from '../rounds/round.ts'
import type { Place } from '../tools/backup-tool.ts'
import { coffre, coffreCommand } from '../tools/coffre.ts'
import { resticCommand } from '../tools/restic.ts'
import { generatedPath, writeGeneratedFiles } from './generated-files.ts'
import type { ScaleRun } from './scale-run.ts'

const blobCount = 1_000_000
const filesPerFolder = 10_000
const budgetBytes = 512 * 2 ** 20

interface PruneRow {
  readonly tool: string
  readonly measurement: Measurement
  readonly storedBytes: number
}

/** Prunes a repository of a million small blobs of which every second one, in every pack, is needed no longer; restic prunes a copy. */
export const pruneScale: ScaleRun = {
  name: 'prune',
  needs: ['restic'],
  async run({ workFolder, divisor, report }) {
    const place = await newPlace(join(workFolder, 'coffre'))
    const copy = await newPlace(join(workFolder, 'restic'))
    const count = Math.ceil(blobCount / divisor)
    await fill(place, workFolder, count, report)
    await cp(place.repository, copy.repository, { recursive: true })
    const storedBytes = totalBytes(place.repository)
    const rows = [
      await prune('coffre', place, coffreCommand(place, '/', ['prune']), coffre.check(place), report),
      await prune('restic', copy, resticCommand(copy, '/', ['prune']), resticCommand(copy, '/', ['check', '--read-data']), report),
    ]
    const rss = rows[0]?.measurement.peakRssBytes ?? 0
    const size = `${count.toLocaleString('en')} blobs of 64 to 1,023 bytes, every second one unused, ${megabytes(storedBytes)} MB stored`
    return {
      content: `${size}. Afterwards both passed their \`check --read-data\`.\n\n${table(rows)}`,
      targets: [{ target: 'peak RSS within the budget of 512 MB', measured: `${megabytes(rss)} MB`, isMet: rss <= budgetBytes }],
      failures: [],
    }
  },
}

/** One snapshot of all files, and one of every second file, of which only the latter stays. */
async function fill(place: Place, workFolder: string, count: number, report: (line: string) => void): Promise<void> {
  const source = { folder: workFolder, name: 'content' }
  const content = join(source.folder, source.name)
  report(`writing ${count.toLocaleString('en')} files`)
  writeGeneratedFiles(content, count, filesPerFolder)
  for (const command of coffre.prepare(place)) await measure(command)
  report('backing them up')
  await measure(coffre.backup(place, source, 'all'))
  for (let number = 1; number < count; number += 2) await unlink(join(content, generatedPath(number, filesPerFolder)))
  await measure(coffre.backup(place, source, 'half'))
  await measure(coffreCommand(place, '/', ['forget', '--keep-last', '1']))
}

async function prune(
  tool: string,
  place: Place,
  command: Command,
  check: Command,
  report: (line: string) => void,
): Promise<PruneRow> {
  report(`pruning with ${tool}`)
  await settle(place.repository)
  const { measurement } = await measure(command)
  await measure(check)
  return { tool, measurement, storedBytes: totalBytes(place.repository) }
}

function table(rows: readonly PruneRow[]): string {
  return markdownTable([
    ['tool', 'prune', 'cpu, s', 'peak RSS, MB', 'stored afterwards, MB'],
    ...rows.map(({ tool, measurement, storedBytes }) => [
      tool,
      `${measurement.wallSeconds.toFixed(1)} s`,
      measurement.cpuSeconds.toFixed(1),
      megabytes(measurement.peakRssBytes),
      megabytes(storedBytes),
    ]),
  ])
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}
