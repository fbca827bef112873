import type { Command, CommandEntry, CommandTree } from './command.ts'
import { startsWith } from './command-names.ts'
import { commandTables } from './command-table.ts'
import { launcherWords } from './launcher-words.ts'
import type { HelpTexts } from './messages/english-help.ts'
import { helpTexts, optionText } from './messages/help-texts.ts'
import type { Texts } from './messages/texts.ts'
import { globalOptionsOf } from './options/global-options.ts'
import type { Option, OptionTable } from './options/option.ts'
import { cellsWide } from './output/table.ts'

const lineWidth = 100
const textColumnMax = 38

/** What there is: all commands of a tree, or those that begin with `words`. */
export async function overview(tree: CommandTree, words: readonly string[], { language }: Texts): Promise<string> {
  const texts = await helpTexts(tree, language)
  const { headings } = texts
  const entries = commandTables[tree].filter((entry) => startsWith(entry, words))
  const rows = entries.map(({ words: name }): Row => [name.join(' '), texts.commands[name.join(' ')] ?? ''])
  const usage = [programOf[tree], ...words, 'COMMAND [OPTION…]'].join(' ')
  const isWhole = words.length === 0
  const otherRows = [...launcherWords, 'repo'].map((word): Row => [word, texts.commands[word] ?? ''])
  const parts = [
    ...(isWhole ? [texts.commands[''] ?? '', ''] : []),
    `${headings.usage} ${usage}`,
    '',
    headings.commands,
    ...formatRows(tree === 'server' && isWhole ? [...rows, ...otherRows] : rows),
    '',
    ...(isWhole ? [headings.globalOptions, ...optionLines(globalOptionsOf[tree], '', texts), ''] : []),
    headings.more,
  ]
  return `${parts.join('\n')}\n`
}

/** What one command does and takes. */
export async function commandHelp(tree: CommandTree, entry: CommandEntry, command: Command, { language }: Texts): Promise<string> {
  const texts = await helpTexts(tree, language)
  const { headings } = texts
  const name = entry.words.join(' ')
  const own = optionLines(command.options, name, texts)
  const parts = [
    texts.commands[name] ?? '',
    '',
    `${headings.usage} ${[programOf[tree], name, '[OPTION…]', command.operands].filter((part) => part !== '').join(' ')}`,
    '',
    ...(own.length === 0 ? [] : [headings.options, ...own, '']),
    headings.globalOptions,
    ...optionLines(globalOptionsOf[tree], '', texts),
  ]
  return `${parts.join('\n')}\n`
}

const programOf = { server: 'coffre', repo: 'coffre repo' } as const

type Row = readonly [left: string, right: string]

function optionLines(table: OptionTable, command: string, texts: HelpTexts): string[] {
  const shown = Object.values(table).filter(({ hidden }) => hidden !== true)
  return formatRows(shown.map((option): Row => [spelling(option), optionText(command, option.name, texts) ?? '']))
}

function spelling({ short, name, placeholder }: Option<unknown>): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${placeholder === undefined ? '' : ` ${placeholder}`}`
}

/** Two columns; a left side that is too long has its text below. */
function formatRows(rows: readonly Row[]): string[] {
  const column = Math.min(textColumnMax, Math.max(...rows.map(([left]) => cellsWide(left))) + 4)
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, lineWidth - column)
    const isShort = cellsWide(left) + 4 <= column
    const first = isShort ? `  ${left.padEnd(column - 2)}${lines[0] ?? ''}` : `  ${left}`
    return [first.trimEnd(), ...(isShort ? lines.slice(1) : lines).map((line) => ' '.repeat(column) + line)]
  })
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && cellsWide(line) + 1 + cellsWide(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
