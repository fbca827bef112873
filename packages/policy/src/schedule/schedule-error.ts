import { CoffreError } from '@coffre/foundation'

export function invalidSchedule(message: string, hint: string): CoffreError {
  return new CoffreError('policy.schedule-invalid', message, { hint })
}
