import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { initRepository } from '@coffre/repository'
import { LocalBackend } from '@coffre/storage'
import { totalBytes } from '../corpora/walk-files.ts'
import { measure } from '../measure/measure.ts'
import { settle } from '../measure/page-cache.ts'
import { markdownTable } from '../report/markdown-table.ts'
import { plainEnvironment } from '../tools/fetched-program.ts'
import { benchContext } from './bench-context.ts'
import { writeGeneratedIndex } from './generated-index.ts'
import type { IndexProbe } from './index-probe.ts'
import type { ScaleRun } from './scale-run.ts'

const blobCount = 20_000_000
const lookupCount = 1_000_000
const bytesPerBlobMax = 60

/** The index of a repository with 20 million blobs: how long it takes to load, how much memory it takes, how fast it answers. */
export const indexScale: ScaleRun = {
  name: 'index',
  needs: [],
  async run({ workFolder, divisor, report }) {
    const { signal } = new AbortController()
    const path = join(workFolder, 'repository')
    await mkdir(path)
    const blobs = Math.ceil(blobCount / divisor)
    const context = benchContext()
    const repository = await initRepository(
      new LocalBackend(path, context),
      context,
      { password: Buffer.from('benchmark') },
      signal,
    )
    await writeGeneratedIndex(repository, blobs, report, signal)
    await settle(path)
    report('loading it in a process of its own')
    const { measurement, stdout } = await measure({
      program: process.execPath,
      args: [
        '--expose-gc',
        join(import.meta.dirname, 'index-probe.ts'),
        path,
        String(blobs),
        String(Math.ceil(lookupCount / divisor)),
      ],
      cwd: workFolder,
      env: plainEnvironment(workFolder),
    })
    const probe = JSON.parse(stdout) as IndexProbe
    const perBlob = probe.indexBytes / probe.blobs
    return {
      content: `${blobs.toLocaleString('en')} blobs in ${megabytes(totalBytes(path))} MB of index files.\n\n${table(probe, measurement.peakRssBytes)}`,
      targets: [
        {
          target: `at most ${bytesPerBlobMax} bytes of index a blob`,
          measured: `${perBlob.toFixed(1)} bytes`,
          isMet: perBlob <= bytesPerBlobMax,
        },
      ],
      failures: [],
    }
  },
}

function table(probe: IndexProbe, peakRssBytes: number): string {
  const perLookup = (seconds: number): string => `${((seconds / probe.lookups) * 1e6).toFixed(2)} µs`
  return markdownTable([
    ['load', 'index, bytes a blob', 'growth of RSS, bytes a blob', 'peak RSS, MB', 'look-up of a blob', 'look-up of none'],
    [
      `${probe.loadSeconds.toFixed(1)} s`,
      (probe.indexBytes / probe.blobs).toFixed(1),
      (probe.rssGrowthBytes / probe.blobs).toFixed(1),
      megabytes(peakRssBytes),
      perLookup(probe.foundSeconds),
      perLookup(probe.absentSeconds),
    ],
  ])
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 2 ** 20).toLocaleString('en')
}
