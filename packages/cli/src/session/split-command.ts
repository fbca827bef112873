import { usageError } from '../messages/command-line-error.ts'

/**
 * The words of a command as restic splits them, without a shell: separated by white space, held together by single or double
 * quotes; a backslash takes the meaning from the character after it.
 */
export function splitCommand(command: string, option: string): [string, ...string[]] {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < command.length; at++) {
    const character = command.charAt(at)
    if (character === '\\' && quote !== "'" && at + 1 < command.length) {
      at++
      word = (word ?? '') + command.charAt(at)
    } else if (quote !== '') {
      if (character === quote) quote = ''
      else word += character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (word !== undefined) words.push(word)
  const [program, ...args] = words
  if (quote !== '') throw usageError('error.unclosedQuote', { option })
  if (program === undefined) throw usageError('error.emptyCommand', { option })
  return [program, ...args]
}
