import { text } from 'node:stream/consumers'
import { systemContext } from '@coffre/foundation'
import type { Host } from './host.ts'
import { terminalPerson } from './terminal-person.ts'

export function thisHost(): Host {
  return {
    clock: systemContext.clock,
    isRoot: process.getuid?.() === 0,
    timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    person: process.stdin.isTTY && process.stderr.isTTY ? terminalPerson : undefined,
    readInput: () => text(process.stdin),
  }
}
