import { join } from 'node:path'
import type { MadeCorpus } from '../corpora/corpus.ts'
import { digestTree } from '../corpora/tree-digest.ts'
import { markdownTable } from '../report/markdown-table.ts'
import { summarize, type ToolSummary } from '../report/summary.ts'
import type { TargetResult } from '../report/targets.ts'
import { runSpeed, type SpeedResults } from '../rounds/speed-run.ts'
import { coffre } from '../tools/coffre.ts'
import { restic } from '../tools/restic.ts'
import { writeGeneratedFiles } from './generated-files.ts'
import type { ScaleContext, ScaleRun } from './scale-run.ts'

const fileCount = 1_000_000
const filesPerFolderMax = 10_000
const rssBytesMax = 400 * 2 ** 20
const tools = [coffre, restic]

/** A million small files, in folders of ten thousand and all in one folder, backed up and restored by Coffre and by restic. */
export const millionFilesScale: ScaleRun = {
  name: 'million-files',
  needs: ['restic'],
  async run(context) {
    const count = Math.ceil(fileCount / context.divisor)
    const inFolders = await runLayout('in folders of 10,000', count, filesPerFolderMax, context)
    const inOne = await runLayout('all in one folder', count, count, context)
    const [first] = summariesOf(inFolders)
    return {
      content: `${count.toLocaleString('en')} files of 64 to 1,023 random bytes, one round. Restored trees were compared.\n\n${table([inFolders, inOne])}`,
      targets: first?.tool === 'coffre' ? [judgeMemory(first)] : [],
      failures: [...inFolders.failures, ...inOne.failures],
    }
  },
}

async function runLayout(
  name: string,
  count: number,
  filesPerFolder: number,
  { workFolder, report }: ScaleContext,
): Promise<SpeedResults> {
  const folder = join(workFolder, `source-${filesPerFolder}`)
  report(`writing ${count.toLocaleString('en')} files ${name}`)
  writeGeneratedFiles(join(folder, 'content'), count, filesPerFolder)
  const corpus: MadeCorpus = { name, description: '', folder, content: digestTree(join(folder, 'content')), changed: undefined }
  const results = await runSpeed(corpus, { tools, rounds: 1, workFolder, keep: false }, report)
  return results
}

function summariesOf({ results }: SpeedResults): ToolSummary[] {
  return summarize(
    tools.map(({ name }) => name),
    results,
  )
}

function table(layouts: readonly SpeedResults[]): string {
  const rows = layouts.flatMap((layout) =>
    summariesOf(layout).map(({ tool, steps }) => [
      layout.corpus.name,
      tool,
      ...[steps.first, steps.again, steps.restore, steps.check].map((step) =>
        step === undefined
          ? ''
          : `${step.seconds.toFixed(1)} s, cpu ${step.cpuSeconds.toFixed(0)}, rss ${megabytes(step.peakRssBytes)}`,
      ),
    ]),
  )
  return markdownTable([['files', 'tool', 'first backup', 'again, unchanged', 'restore', 'read and verify all'], ...rows])
}

function judgeMemory({ steps }: ToolSummary): TargetResult {
  const rss = Math.max(steps.first?.peakRssBytes ?? Infinity, steps.restore?.peakRssBytes ?? Infinity)
  return {
    target: 'in folders of 10,000: peak RSS of backup and restore under 400 MB',
    measured: `${megabytes(rss)} MB`,
    isMet: rss < rssBytesMax,
  }
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}
