import type { KeyFileOptions } from '@coffre/repository'
import { text, type Values } from './option.ts'

/** What a new key file says. */
export const newKeyOptions = {
  newPasswordFile: text('new-password-file', 'file'),
  user: text('user', 'name'),
  host: text('host', 'host'),
} as const

export function keyFileOptionsOf({ user, host }: Values<typeof newKeyOptions>): KeyFileOptions {
  return { ...(user === undefined ? {} : { username: user }), ...(host === undefined ? {} : { hostname: host }) }
}
