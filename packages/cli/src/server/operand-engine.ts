import type { ByteString } from '@coffre/foundation'
import { parseSize } from '@coffre/repository'
import type { ServerCall } from '../command.ts'
import { usageError } from '../messages/command-line-error.ts'
import { flag, texts, value } from '../options/option.ts'
import { absolutePath } from '../session/absolute-path.ts'

/** What is said of a source beside the operands themselves. */
export const engineOptions = {
  exclude: texts('exclude', 'pattern', { short: 'e' }),
  excludeLargerThan: value('exclude-larger-than', 'size', parseSize),
  excludeCaches: flag('exclude-caches'),
  oneFileSystem: flag('one-file-system', { short: 'x' }),
} as const

type EngineCall = ServerCall<typeof engineOptions>

/** An engine, and how the operands of `protect` say what it is to protect. */
interface OperandEngine {
  readonly engine: string
  readonly matches: (operand: ByteString) => boolean
  readonly config: (operands: readonly ByteString[], call: EngineCall) => Readonly<Record<string, unknown>>
}

/** The first one that an operand matches is meant. */
const operandEngines: readonly OperandEngine[] = [
  { engine: 'files', matches: (operand) => !operand.includes('://'), config: filesConfig },
]

/** The source that operands mean, as the API takes it: all of one engine. */
export function engineOf(operands: readonly ByteString[], call: EngineCall) {
  const [first] = operands
  if (first === undefined) throw usageError('error.missingOperand', { what: 'PATH' })
  const found = operandEngines.find(({ matches }) => matches(first))
  const stranger = operands.find((operand) => found?.matches(operand) !== true)
  if (found === undefined || stranger !== undefined) throw usageError('error.unknownEngine', { operand: stranger ?? first })
  return { engine: found.engine, config: found.config(operands, call) }
}

/** Relative paths are meant from where the user stands. */
function filesConfig(operands: readonly ByteString[], { options, surroundings }: EngineCall) {
  return {
    paths: operands.map((path) => absolutePath(path, surroundings.workingFolder)),
    ...(options.exclude.length === 0 ? {} : { excludes: options.exclude }),
    ...(options.excludeLargerThan === undefined ? {} : { excludeLargerThanBytes: options.excludeLargerThan }),
    ...(options.excludeCaches ? { excludesCaches: true } : {}),
    ...(options.oneFileSystem ? { staysOnFileSystem: true } : {}),
  }
}
