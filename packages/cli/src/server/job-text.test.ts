import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadTexts } from '../messages/texts.ts'
import { exampleJob } from '../testing/example-objects.ts'
import { changeText, jobDetails, progressText } from './job-text.ts'

test('what a restore is at is told in the language of the reader', async () => {
  const job = exampleJob({ kind: 'RESTORE', phase: 'replaying' })
  for (const [language, phase] of [
    ['en', 'replaying log'],
    ['fr', 'rejeu du journal'],
  ] as const) {
    const texts = await loadTexts(language)
    assert.equal(progressText(job, 0, texts), `RUNNING: ${phase}  50.0%  512 B / 1.000 KiB`)
    assert.match(changeText(job, texts), new RegExp(`RESTORE docs  RUNNING: ${phase}  50.0%`))
    assert.match(jobDetails(job, texts).join('\n'), new RegExp(`(Phase|Étape) +${phase}`))
  }
  assert.equal(progressText(exampleJob(), 0, await loadTexts('en')), 'RUNNING  50.0%  512 B / 1.000 KiB')
})
