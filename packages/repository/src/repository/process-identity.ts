import { hash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import type { Identity } from './repository-context.ts'

/** Who this process is, for keys, locks and snapshots. */
export function processIdentity(): Identity {
  return {
    hostname: hostname(),
    username: userName(),
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    processId: process.pid,
    instance: instanceName(),
    isProcessAlive,
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // A user without an entry in the system's database, as in containers.
    return String(process.getuid?.() ?? '')
  }
}

/**
 * The same for all processes that can see each other's numbers, and for no others: a lock of another container or from before the
 * last start of the machine must not be judged by a process number that means something else here.
 */
function instanceName(): string {
  const facts = [
    attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    attempt(() => readlinkSync('/proc/self/ns/pid')),
  ]
  return facts.includes(undefined) ? 'cli' : `cli-${hash('sha256', facts.join()).slice(0, 8)}`
}

function isProcessAlive(processId: number): boolean {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

function attempt(read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
