import type { ErrorCode } from '@coffre/foundation'
import { english, type TextKey } from './english.ts'

export type Language = 'en' | 'fr'

export type TextValues = Readonly<Record<string, string | number>>

/** What is said to people, in their language. */
export interface Texts {
  readonly language: Language
  say(key: TextKey, values?: TextValues): string
  /** A message of the libraries, which speak English: other languages say what its code means and keep the details. */
  explain(code: ErrorCode, message: string): string
  advise(code: ErrorCode, hint: string | undefined): string | undefined
}

/** The language of the messages, decided as POSIX does it (Base Definitions, section 8.2). */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const locale = environment['LC_ALL'] || environment['LC_MESSAGES'] || environment['LANG'] || ''
  return /^fr([_.@]|$)/i.test(locale) ? 'fr' : 'en'
}

export async function loadTexts(language: Language): Promise<Texts> {
  if (language === 'en') {
    return {
      language,
      say: (key, values = {}) => fill(english[key], values),
      explain: (_, message) => message,
      advise: (_, hint) => hint,
    }
  }
  const [{ french }, { frenchErrors }] = await Promise.all([import('./french.ts'), import('./french-errors.ts')])
  return {
    language,
    say: (key, values = {}) => fill(french[key], values),
    explain: (code, message) => `${frenchErrors[code].meaning} (${message})`,
    advise: (code, hint) => (hint === undefined ? undefined : (frenchErrors[code].advice ?? hint)),
  }
}

/** Puts values in the place of `{name}`. */
export function fill(text: string, values: TextValues): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => String(values[name] ?? placeholder))
}
