import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MadeCorpus } from '../corpora/corpus.ts'
import type { RoundResult } from '../rounds/round.ts'
import { coffre } from '../tools/coffre.ts'
import { kopia } from '../tools/kopia.ts'
import { restic } from '../tools/restic.ts'
import { speedSection } from './speed-section.ts'

const digest = { files: 1, folders: 0, bytes: 2 ** 30, sha256: '' }
const corpus: MadeCorpus = { name: 'rand1g', description: 'random bytes', folder: '', content: digest, changed: undefined }

function round(tool: string, firstSeconds: number, others: number, rss = 100): RoundResult {
  const measurement = (wallSeconds: number) => ({ wallSeconds, cpuSeconds: wallSeconds * 2, peakRssBytes: rss * 2 ** 20 })
  const steps = {
    first: measurement(firstSeconds),
    again: measurement(others),
    restore: measurement(others),
    check: measurement(others),
  }
  return { tool, steps, storedBytes: 2 ** 30, addedBytes: undefined }
}

test('medians, ranges, ratios, and targets met and missed', () => {
  const results = [
    round('coffre', 2, 2),
    round('coffre', 4, 2),
    round('coffre', 1, 2),
    round('restic', 5, 3.1),
    round('kopia', 1.5, 9),
  ]
  const section = speedSection({ corpus, results, failures: [] }, [coffre, restic, kopia])
  assert.match(
    section,
    /^\| coffre \| 512 MB\/s \(256–1024\), cpu 4\.0, rss 100 \| 2\.00 s \(2\.00–2\.00\), .* \| 1024 \| every tree/m,
  )
  assert.match(section, /^\| × restic \| 2\.50 \| 1\.55 \| 1\.55 \| 1\.55 \| 1\.000 \|$/m)
  assert.match(section, /^\| first backup at least 2 × restic \(aim: 3 ×\) \| 2\.50 × \| met \|$/m)
  assert.match(section, /^\| first backup ahead of kopia \| 0\.75 × \| \*\*missed\*\* \|$/m)
  assert.match(section, /^\| restore at least 1\.5 × restic \| 1\.55 × \| met \|$/m)
  assert.doesNotMatch(section, /\| changed|Failed/)
})

test('memory is judged by the worst round, changes by what they add', () => {
  const changing = { ...corpus, changed: { ...digest, bytes: 2 ** 29 } }
  const measured = (tool: string, rss: number, addedBytes: number): RoundResult => {
    const base = round(tool, 1, 1, rss)
    return { ...base, steps: { ...base.steps, changed: { wallSeconds: 1, cpuSeconds: 1, peakRssBytes: 1 } }, addedBytes }
  }
  const results = [measured('coffre', 100, 11), measured('coffre', 251, 11), measured('restic', 100, 10)]
  const section = speedSection({ corpus: changing, results, failures: ['rand1g: broken\npipe'] }, [coffre, restic])
  assert.match(section, /^\| peak RSS at most 250 MB \| 251\.0 MB \| \*\*missed\*\* \|$/m)
  assert.match(section, /^\| changed backup stores no more than restic \|.*\| \*\*missed\*\* \|$/m)
  assert.match(section, /^- rand1g: broken pipe$/m)
  assert.doesNotMatch(section, /kopia/)
})

test('a tool that never came to an end has no row, and without Coffre nothing is judged', () => {
  const section = speedSection({ corpus, results: [round('restic', 1, 1)], failures: ['coffre: gone'] }, [coffre, restic])
  assert.doesNotMatch(section, /^\| coffre/m)
  assert.doesNotMatch(section, /target/)
})
