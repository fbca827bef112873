import type { ByteString } from '@coffre/foundation'
import type { CommandEntry, CommandTree } from './command.ts'
import { commandTables } from './command-table.ts'
import { usageError } from './messages/command-line-error.ts'
import { globalOptions } from './options/global-options.ts'
import { nearMisses } from './options/near-miss.ts'
import { firstPositional } from './options/parse-arguments.ts'

export type FoundCommand =
  | {
      readonly kind: 'command'
      readonly tree: CommandTree
      readonly entry: CommandEntry
      readonly args: readonly ByteString[]
      readonly wantsHelp: boolean
    }
  /** The commands of a tree that begin with these words: none for all. */
  | { readonly kind: 'overview'; readonly tree: CommandTree; readonly words: readonly string[] }
  | { readonly kind: 'version' }

/**
 * Finds the words of the command among the arguments, which global options may stand between: `coffre --json repo keys list`. The
 * rest, without the words, is for the command's own options.
 */
export function resolveCommand(args: readonly ByteString[]): FoundCommand {
  if (args.length === 1 && (args[0] === '--version' || args[0] === 'version')) return { kind: 'version' }
  const rest = [...args]
  const words: string[] = []
  let tree: CommandTree = 'server'
  let wantsHelp = false
  for (;;) {
    const at = firstPositional(rest, globalOptions)
    const word = at === undefined ? undefined : rest.splice(at, 1)[0]
    if (word === undefined) return { kind: 'overview', tree, words }
    if (words.length === 0 && word === 'help') {
      wantsHelp = true
      continue
    }
    if (words.length === 0 && word === 'repo' && tree === 'server') {
      tree = 'repo'
      continue
    }
    words.push(word)
    const candidates = commandTables[tree].filter((entry) => startsWith(entry, words))
    if (candidates.length === 0) throw unknownWords(tree, words)
    const entry = candidates.find((candidate) => candidate.words.length === words.length)
    if (entry !== undefined) return { kind: 'command', tree, entry, args: rest, wantsHelp }
  }
}

export function startsWith(entry: CommandEntry, words: readonly string[]): boolean {
  return words.every((word, i) => entry.words[i] === word || (i === 0 && entry.aliases?.includes(word) === true))
}

/** What may follow `before`. */
function knownWords(tree: CommandTree, before: readonly string[]): string[] {
  const entries = commandTables[tree].filter((entry) => startsWith(entry, before))
  return [...new Set(entries.map((entry) => entry.words.slice(0, before.length + 1).join(' ')))]
}

function unknownWords(tree: CommandTree, words: readonly string[]): Error {
  const command = words.join(' ')
  const known = [...knownWords(tree, words.slice(0, -1)), ...(tree === 'server' && words.length === 1 ? ['repo'] : [])]
  const prefix = tree === 'repo' ? 'repo ' : ''
  // The words before the last one are right: they would make others look near that are not.
  const byLastWord = new Map(known.map((name) => [lastWord(name), name]))
  const meant = nearMisses(lastWord(command), [...byLastWord.keys()]).map((word) => `${prefix}${byLastWord.get(word)}`)
  // Whoever knows restic leaves `repo` out.
  if (tree === 'server' && commandTables.repo.some((entry) => startsWith(entry, words))) meant.push(`repo ${command}`)
  if (meant.length > 0) return usageError('error.unknownCommand', { command }, 'hint.didYouMean', { words: meant.join(', ') })
  return usageError('error.unknownCommand', { command }, 'hint.commands', { commands: known.join(', ') })
}

function lastWord(name: string): string {
  return name.slice(name.lastIndexOf(' ') + 1)
}
