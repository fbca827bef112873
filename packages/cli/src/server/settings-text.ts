import type { SettingsView } from '@coffre/api-contract'
import type { Texts } from '../messages/texts.ts'
import { objectLines } from '../output/object-table.ts'

export function settingsLines({ twoFactorMandatory }: SettingsView, texts: Texts): string[] {
  return objectLines([['column.twoFactorMandatory', texts.say(twoFactorMandatory ? 'word.yes' : 'word.no')]], texts)
}
