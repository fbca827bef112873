import { readFileSync, readlinkSync } from 'node:fs'
import { type ByteString, byteStringFrom } from '@coffre/foundation'

const replacement = '\ufffd'

/** The arguments of this process. Node decodes them as UTF-8 and loses other bytes; where that happened, Linux still has them. */
export function exactArguments(): ByteString[] {
  const decoded = process.argv.slice(2)
  if (!decoded.some((arg) => arg.includes(replacement))) return decoded
  const raw = attempt(() => readFileSync('/proc/self/cmdline'))
  if (raw === undefined) return decoded
  const all: ByteString[] = []
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf(0, at)
    all.push(byteStringFrom(raw.subarray(at, end)))
    at = end + 1
  }
  return all.slice(all.length - decoded.length)
}

export function exactWorkingFolder(): ByteString {
  const decoded = process.cwd()
  if (!decoded.includes(replacement)) return decoded
  const raw = attempt(() => readlinkSync('/proc/self/cwd', { encoding: 'buffer' }))
  return raw === undefined ? decoded : byteStringFrom(raw)
}

/** Undefined where there is no /proc. */
function attempt(read: () => Buffer): Buffer | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
