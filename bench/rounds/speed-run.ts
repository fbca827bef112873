import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { MadeCorpus, Report } from '../corpora/corpus.ts'
import type { BackupTool } from '../tools/backup-tool.ts'
import { rotated } from './rotation.ts'
import { type RoundResult, runRound } from './round.ts'

export interface SpeedRunOptions {
  readonly tools: readonly BackupTool[]
  readonly rounds: number
  readonly workFolder: string
  /** Leaves the repositories and what was restored. */
  readonly keep: boolean
}

export interface SpeedResults {
  readonly corpus: MadeCorpus
  readonly results: readonly RoundResult[]
  /** One line for each round that failed. */
  readonly failures: readonly string[]
}

const manyFiles = 10_000

/** All rounds of one corpus, one tool after the other. A tool that fails in a round is reported, and the others go on. */
export async function runSpeed(corpus: MadeCorpus, options: SpeedRunOptions, report: Report): Promise<SpeedResults> {
  const results: RoundResult[] = []
  const failures: string[] = []
  for (let round = 0; round < options.rounds; round++) {
    for (const tool of rotated(options.tools, round)) {
      const name = `${corpus.name}, round ${round + 1}, ${tool.name}`
      const folder = join(options.workFolder, name.replace(/\W+/g, '-'))
      try {
        const result = await runRound(tool, corpus, folder)
        results.push(result)
        report(`${name}: ${summaryOf(result)}`)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        failures.push(`${name}: ${reason}`)
        report(`${name} FAILED: ${reason}`)
      }
      if (!options.keep) await discard(folder, corpus)
    }
  }
  return { corpus, results, failures }
}

/**
 * Many small files stay until the whole run ends: ext4 without a journal does not use an inode again for up to six minutes, so that
 * whoever restores after a great removal pays for a search among its remains, ten times the work itself.
 */
async function discard(folder: string, corpus: MadeCorpus): Promise<void> {
  const small = corpus.content.files > manyFiles ? ['repository', 'state'] : ['']
  for (const name of small) await rm(join(folder, name), { recursive: true, force: true })
}

function summaryOf({ steps }: RoundResult): string {
  return Object.entries(steps)
    .map(([step, { wallSeconds, peakRssBytes }]) => `${step} ${wallSeconds.toFixed(2)} s ${Math.round(peakRssBytes / 2 ** 20)} MB`)
    .join(', ')
}
