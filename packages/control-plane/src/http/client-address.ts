import { isIP } from 'node:net'
import type { HttpContext } from './http-env.ts'

/** The address of who is at the other end of the connection; undefined on a socket without one. Headers could be forged. */
export function clientAddress({ env }: HttpContext): string | undefined {
  const address = env?.incoming?.socket?.remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  return address !== undefined && isIP(address) > 0 ? address : undefined
}
