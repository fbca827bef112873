import type { ByteString } from '@coffre/foundation'
import { usageError } from '../messages/command-line-error.ts'
import { type Surroundings, variable } from '../surroundings.ts'
import { readPassword } from './read-password.ts'

/** The password that a key is to have. Never asks, as ever. */
export async function readNewPassword(
  file: ByteString | undefined,
  { environment }: Surroundings,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const fromFile = file ?? variable(environment, 'COFFRE_NEW_PASSWORD_FILE')
  const text = fromFile === undefined ? variable(environment, 'COFFRE_NEW_PASSWORD') : undefined
  if (fromFile === undefined && text === undefined) throw usageError('error.noNewPassword', {}, 'hint.newPassword')
  return readPassword(
    { fileOption: '--new-password-file', commandOption: '', file: fromFile, text, mayBeEmpty: false, environment },
    signal,
  )
}
