import type { ByteString } from '@coffre/foundation'
import { type CommandEntry, commandTable } from './command-table.ts'
import { usageError } from './messages/command-line-error.ts'
import { globalOptions } from './options/global-options.ts'
import { nearMisses } from './options/near-miss.ts'
import { firstPositional } from './options/parse-arguments.ts'

export type FoundCommand =
  | { readonly kind: 'command'; readonly entry: CommandEntry; readonly args: readonly ByteString[]; readonly wantsHelp: boolean }
  /** The commands that begin with these words: none for all. */
  | { readonly kind: 'overview'; readonly words: readonly string[] }
  | { readonly kind: 'version' }

/**
 * Finds the words of the command among the arguments, which global options may stand between: `coffre --json repo keys list`. The
 * rest, without the words, is for the command's own options.
 */
export function resolveCommand(args: readonly ByteString[]): FoundCommand {
  if (args.length === 1 && (args[0] === '--version' || args[0] === 'version')) return { kind: 'version' }
  const rest = [...args]
  const words: string[] = []
  let wantsHelp = false
  for (;;) {
    const at = firstPositional(rest, globalOptions)
    const word = at === undefined ? undefined : rest.splice(at, 1)[0]
    if (word === undefined) return { kind: 'overview', words: words.slice(1) }
    if (word === 'help' && words.length <= 1) {
      wantsHelp = true
      continue
    }
    words.push(word)
    if (words.length === 1) {
      if (word !== 'repo') throw unknownWord(word, ['repo'])
      continue
    }
    const candidates = commandTable.filter((entry) => startsWith(entry, words.slice(1)))
    if (candidates.length === 0) throw unknownWord(words.slice(1).join(' '), knownWords(words.slice(1, -1)))
    const entry = candidates.find((candidate) => candidate.words.length === words.length - 1)
    if (entry !== undefined) return { kind: 'command', entry, args: rest, wantsHelp }
  }
}

export function startsWith(entry: CommandEntry, words: readonly string[]): boolean {
  return words.every((word, i) => entry.words[i] === word || (i === 0 && entry.aliases?.includes(word) === true))
}

/** What may follow `before`. */
function knownWords(before: readonly string[]): string[] {
  const entries = commandTable.filter((entry) => startsWith(entry, before))
  return [...new Set(entries.map((entry) => entry.words.slice(0, before.length + 1).join(' ')))]
}

function unknownWord(word: string, known: readonly string[]): Error {
  const meant = nearMisses(word, known)
  if (meant.length > 0) return usageError('error.unknownCommand', { command: word }, 'hint.didYouMean', { words: meant.join(', ') })
  return usageError('error.unknownCommand', { command: word }, 'hint.commands', { commands: known.join(', ') })
}
