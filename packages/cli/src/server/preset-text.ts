import type { AppliedPresetView, PresetDetailView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectLines, objectTable, timeCell } from '../output/object-table.ts'

type Wishes = Pick<AppliedPresetView, 'vaults' | 'restoreTests' | 'notifications'>

export function presetDetails(preset: PresetDetailView, texts: Texts): string[] {
  const { language } = texts
  const details = objectLines(
    [
      ['column.name', preset.name],
      ['column.title', preset.title[language]],
      ['column.description', preset.text[language]],
      ['column.origin', preset.origin.join(', ') || undefined],
      ['column.plan', preset.plans.map(({ name }) => name).join('\n')],
      ['column.choices', preset.choices.map(({ text }) => text[language]).join('\n') || undefined],
    ],
    texts,
  )
  const parameters = objectTable(
    preset.parameters,
    [
      ['column.parameter', ({ name }) => name],
      ['column.value', ({ value }) => value],
      ['column.description', ({ text }) => text[language]],
    ],
    texts,
  )
  return [...details, '', ...parameters, '', ...wishLines(preset, texts)]
}

/** What a preset asks for beside its plans. */
export function wishLines({ vaults, restoreTests, notifications }: Wishes, texts: Texts): string[] {
  const { language } = texts
  const vaultTable = objectTable(
    vaults,
    [
      ['column.vault', ({ name }) => name],
      ['column.there', ({ isThere }) => texts.say(isThere ? 'word.yes' : 'word.no')],
      ['column.purpose', ({ purpose }) => purpose],
      ['column.lock', ({ lock }) => lock ?? '-'],
      ['column.region', ({ region }) => region ?? '-'],
    ],
    texts,
  )
  const tests = restoreTests.map(({ text, cadence, nextRun }) => {
    const next = nextRun === null ? '' : ` (${timeCell(nextRun)})`
    return `  ${text[language]}: ${cadence}${next}`
  })
  const topics = notifications.map(({ topic, events }) => `  ${topic}: ${events.join(', ')}`)
  return [
    ...vaultTable,
    ...(tests.length === 0 ? [] : [texts.say('preset.restoreTests'), ...tests]),
    ...(topics.length === 0 ? [] : [texts.say('preset.notifications'), ...topics]),
  ]
}
