import type { CommandTables } from '../command.ts'
import { launcherWords } from '../launcher-words.ts'
import { helpTexts, optionText } from '../messages/help-texts.ts'
import type { Texts } from '../messages/texts.ts'
import { globalOptionsOf } from '../options/global-options.ts'

/** What may stand at a place of the command line. */
export interface CompletionEntry {
  readonly word: string
  readonly text: string
}

export interface OptionEntry extends CompletionEntry {
  /** With its dashes, where it has one. */
  readonly short: string | undefined
  readonly takesValue: boolean
  /** The values that there are, where they are few. */
  readonly choices: readonly string[]
}

/** Everything that a shell can complete, by the words before it: '' for none, `vault`, `repo keys`. */
export interface CompletionTable {
  readonly words: ReadonlyMap<string, readonly CompletionEntry[]>
  readonly options: ReadonlyMap<string, readonly OptionEntry[]>
}

/** Made from the tables that the parser and the help read. */
export async function loadCompletionTable(tables: CommandTables, { language }: Texts): Promise<CompletionTable> {
  const words = new Map<string, CompletionEntry[]>()
  const options = new Map<string, OptionEntry[]>()
  for (const tree of ['server', 'repo'] as const) {
    const texts = await helpTexts(tree, language)
    if (tree === 'repo') {
      const { commands } = await helpTexts('server', language)
      for (const word of [...launcherWords, 'repo']) add(words, '', { word, text: commands[word] ?? '' })
    }
    for (const entry of tables[tree]) {
      const name = entry.words.join(' ')
      const path = tree === 'repo' ? ['repo', ...entry.words] : entry.words
      for (const [depth, word] of path.entries())
        add(words, path.slice(0, depth).join(' '), { word, text: depth === path.length - 1 ? (texts.commands[name] ?? '') : '' })
      const command = await entry.load()
      const shown = Object.values({ ...command.options, ...globalOptionsOf[tree] }).filter(({ hidden }) => hidden !== true)
      options.set(
        path.join(' '),
        shown.map((option) => ({
          word: `--${option.name}`,
          short: option.short === undefined ? undefined : `-${option.short}`,
          text: optionText(name, option.name, texts) ?? '',
          takesValue: option.bare === undefined,
          choices: option.choices ?? [],
        })),
      )
    }
  }
  return { words, options }
}

/** Commands of two words share the first one. */
function add(words: Map<string, CompletionEntry[]>, before: string, entry: CompletionEntry): void {
  const known = words.get(before) ?? []
  if (!known.some(({ word }) => word === entry.word)) words.set(before, [...known, entry])
}
