import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../tools/project-root.ts'
import type { Corpus } from './corpora/corpus.ts'
import { corpusTable, smokeCorpora } from './corpora/corpus-table.ts'
import type { ScaleRun } from './scale/scale-run.ts'
import { scaleTable } from './scale/scale-table.ts'
import type { BackupTool } from './tools/backup-tool.ts'
import { coffre } from './tools/coffre.ts'
import { restic } from './tools/restic.ts'
import { toolList } from './tools/tool-list.ts'

export interface BenchOptions {
  readonly corpora: readonly Corpus[]
  readonly tools: readonly BackupTool[]
  readonly scaleRuns: readonly ScaleRun[]
  readonly rounds: number
  /** All sizes are divided by it. Only undivided results go to the page. */
  readonly divisor: number
  readonly keep: boolean
  /** Where a run makes its own folder. */
  readonly workFolder: string
}

/** The folder of the corpora, and by default of the runs. */
export const benchCache = join(projectRoot, '.cache', 'bench')

export const usage = `npm run bench -- [OPTION…]     Coffre beside the programs it replaces; results go to docs/benchmarks.md

  --corpora NAME,…   of ${names(corpusTable)}; without --corpora and --scale everything runs
  --scale NAME,…     of ${names(scaleTable)}, or all
  --tools NAME,…     of ${Object.keys(toolList).join(', ')}
  --rounds N         rounds of each corpus (3)
  --work DIR         where repositories and restored files are made (.cache/bench)
  --keep             leave them there, until the next run
  --divide N         divide all sizes by N and print the results, to try the benchmark out
  --smoke            a minute's try of Coffre and restic on tiny corpora
`

/** The section of the page with the results of a scale run. A corpus' section has the name of the corpus. */
export function scaleSectionName({ name }: Pick<ScaleRun, 'name'>): string {
  return `scale ${name}`
}

/** Undefined when only help was asked for. Throws for what it does not understand. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      corpora: text,
      scale: text,
      tools: text,
      rounds: text,
      work: text,
      divide: text,
      keep: flag,
      smoke: flag,
      help: { ...flag, short: 'h' },
    },
  })
  if (values.help) return undefined
  const isEverything = values.corpora === undefined && values.scale === undefined
  const scale = values.scale === 'all' ? names(scaleTable) : values.scale
  const common = { keep: values.keep, workFolder: resolve(values.work ?? benchCache) }
  if (values.smoke) {
    return { ...common, corpora: smokeCorpora, tools: [coffre, restic], scaleRuns: [], rounds: 1, divisor: 32 }
  }
  return {
    ...common,
    corpora: isEverything ? corpusTable : chosen('corpus', values.corpora, corpusTable),
    scaleRuns: isEverything ? scaleTable : chosen('scale run', scale, scaleTable),
    tools: chosenTools(values.tools ?? Object.keys(toolList).join()),
    rounds: wholeNumber('--rounds', values.rounds ?? '3'),
    divisor: wholeNumber('--divide', values.divide ?? '1'),
  }
}

function chosen<T extends { readonly name: string }>(what: string, list: string | undefined, table: readonly T[]): T[] {
  return splitList(list).map((name) => {
    const found = table.find((entry) => entry.name === name)
    if (found === undefined) throw new Error(`there is no ${what} ${name}; there are ${names(table)}`)
    return found
  })
}

function chosenTools(list: string): BackupTool[] {
  return splitList(list).flatMap((name) => {
    const found = toolList[name]
    if (found === undefined) throw new Error(`there is no tool ${name}; there are ${Object.keys(toolList).join(', ')}`)
    return found
  })
}

function splitList(list: string | undefined): string[] {
  return list === undefined ? [] : list.split(',').map((name) => name.trim())
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`${option} takes a whole number from 1 on, not ${text}`)
  return Number(text)
}

function names(table: readonly { readonly name: string }[]): string {
  return table.map(({ name }) => name).join(',')
}
