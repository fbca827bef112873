import type { ByteString } from '@coffre/foundation'
import { parseSize } from '@coffre/repository'
import type { ServerCall } from '../command.ts'
import { usageError } from '../messages/command-line-error.ts'
import { flag, texts, value } from '../options/option.ts'
import { absolutePath } from '../session/absolute-path.ts'
import { postgresqlOptions, postgresqlSource } from './postgresql-source.ts'
import { isPostgresqlUrl, withoutPassword } from './postgresql-url.ts'

/** What is said of a source beside the operands themselves. */
export const engineOptions = {
  ...postgresqlOptions,
  exclude: texts('exclude', 'pattern', { short: 'e' }),
  excludeLargerThan: value('exclude-larger-than', 'size', parseSize),
  excludeCaches: flag('exclude-caches'),
  oneFileSystem: flag('one-file-system', { short: 'x' }),
} as const

type EngineCall = ServerCall<typeof engineOptions>

/** An engine, and how the operands of `protect` say what it is to protect. */
interface OperandEngine {
  readonly matches: (operand: ByteString) => boolean
  readonly source: (operands: readonly ByteString[], call: EngineCall) => Promise<EngineSource>
}

interface EngineSource {
  readonly engine: string
  readonly config: Readonly<Record<string, unknown>>
  readonly secrets?: Readonly<Record<string, unknown>>
}

/** The first one that an operand matches is meant. */
const operandEngines: readonly OperandEngine[] = [
  { matches: isPostgresqlUrl, source: postgresqlSource },
  { matches: (operand) => !operand.includes('://'), source: filesSource },
]

/** The source that operands mean, as the API takes it: all of one engine. */
export async function engineOf(operands: readonly ByteString[], call: EngineCall): Promise<EngineSource> {
  const [first] = operands
  if (first === undefined) throw usageError('error.missingOperand', { what: 'PATH' })
  const found = operandEngines.find(({ matches }) => matches(first))
  const stranger = operands.find((operand) => found?.matches(operand) !== true)
  if (found === undefined || stranger !== undefined)
    throw usageError('error.unknownEngine', { operand: withoutPassword(stranger ?? first) })
  return found.source(operands, call)
}

/** Relative paths are meant from where the user stands. */
async function filesSource(operands: readonly ByteString[], { options, surroundings }: EngineCall): Promise<EngineSource> {
  const config = {
    paths: operands.map((path) => absolutePath(path, surroundings.workingFolder)),
    ...(options.exclude.length === 0 ? {} : { excludes: options.exclude }),
    ...(options.excludeLargerThan === undefined ? {} : { excludeLargerThanBytes: options.excludeLargerThan }),
    ...(options.excludeCaches ? { excludesCaches: true } : {}),
    ...(options.oneFileSystem ? { staysOnFileSystem: true } : {}),
  }
  return { engine: 'files', config }
}
