import assert from 'node:assert/strict'
import { type ErrorCode, errorCatalogue } from '@coffre/foundation'
import type { Ended } from './coffre-process.ts'

/** The command failed as the code says: with its exit code, a message that fits, and a hint on the line after it. */
export function expectFailure({ exitCode, stdout, stderr }: Ended, code: ErrorCode, message: RegExp, hint: RegExp = /./): void {
  assert.equal(exitCode, errorCatalogue[code].exit, `${stdout}${stderr}`)
  const lines = stderr.trimEnd().split('\n')
  const at = lines.findIndex((line) => line.startsWith(`coffre: ${code}: `))
  assert.ok(at >= 0, `no line "coffre: ${code}: …" in: ${stderr}`)
  assert.match(lines[at] ?? '', message)
  assert.match(lines[at + 1] ?? '', /^hint: /, `no hint after: ${lines[at]}`)
  assert.match(lines[at + 1] ?? '', hint)
  assert.doesNotMatch(stderr, /a good password|node:internal|\.ts:\d/, 'neither secrets nor stacks are shown')
}
