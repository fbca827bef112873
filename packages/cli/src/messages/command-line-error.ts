import { CoffreError, type ErrorCode } from '@coffre/foundation'
import { english, type TextKey } from './english.ts'
import { fill, type TextValues } from './texts.ts'

interface Sentence {
  readonly key: TextKey
  readonly values: TextValues
}

/** An error of the command line itself: its message is English, but can be said in the user's language. */
export class CommandLineError extends CoffreError {
  override readonly name = 'CommandLineError'
  readonly sentence: Sentence
  readonly advice: Sentence | undefined

  constructor(code: ErrorCode, sentence: Sentence, advice?: Sentence, options: ErrorOptions = {}) {
    const hint = advice === undefined ? {} : { hint: fill(english[advice.key], advice.values) }
    super(code, fill(english[sentence.key], sentence.values), { ...hint, ...options })
    this.sentence = sentence
    this.advice = advice
  }
}

/** Something is wrong with the arguments or the environment. */
export function usageError(
  key: TextKey,
  values: TextValues = {},
  adviceKey: TextKey = 'hint.help',
  adviceValues: TextValues = {},
): CommandLineError {
  return new CommandLineError('usage.invalid', { key, values }, { key: adviceKey, values: adviceValues })
}
