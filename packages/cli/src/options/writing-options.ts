import type { CompressionMode, WriteVerification } from '@coffre/repository'
import { usageError } from '../messages/command-line-error.ts'
import { type Surroundings, variable } from '../surroundings.ts'
import type { GlobalValues } from './global-options.ts'

export interface WritingSettings {
  readonly compression: CompressionMode
  readonly verification: WriteVerification
  readonly packBytes?: number
}

const compressionModes: Readonly<Record<string, CompressionMode>> = {
  auto: 'auto',
  off: 'off',
  max: 'max',
  fastest: 'auto',
  better: 'max',
}
const mebibyte = 1024 * 1024
/** restic's bounds. */
const [packMebibytesMin, packMebibytesMax] = [4, 128]

/** How blobs are written: what the options and the environment say. */
export function writingSettings(
  globals: GlobalValues,
  { environment }: Surroundings,
  verification: WriteVerification = 'sampled',
): WritingSettings {
  const packMebibytes = globals.packSize ?? Number(variable(environment, 'COFFRE_PACK_SIZE', 'RESTIC_PACK_SIZE') ?? 0)
  if (packMebibytes !== 0 && !(packMebibytes >= packMebibytesMin && packMebibytes <= packMebibytesMax)) {
    throw usageError('error.optionValue', {
      value: packMebibytes,
      option: '--pack-size',
      expected: `${packMebibytesMin} … ${packMebibytesMax}`,
    })
  }
  return {
    compression: compressionOf(globals.compression ?? variable(environment, 'COFFRE_COMPRESSION', 'RESTIC_COMPRESSION') ?? 'auto'),
    verification: globals.noExtraVerify ? 'trees' : verification,
    ...(packMebibytes === 0 ? {} : { packBytes: packMebibytes * mebibyte }),
  }
}

function compressionOf(word: string): CompressionMode {
  const mode = compressionModes[word]
  if (mode !== undefined) return mode
  throw usageError('error.optionValue', {
    value: JSON.stringify(word),
    option: '--compression',
    expected: Object.keys(compressionModes).join(' | '),
  })
}
