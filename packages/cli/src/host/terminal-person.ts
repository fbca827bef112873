import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { interruption } from '@coffre/foundation'
import type { Person } from './host.ts'

/** Whoever sits at the terminal. Questions go to standard error, so that results can be piped. */
export const terminalPerson: Person = {
  ask: (question, signal) => ask(question, process.stderr, signal),
  async askSecret(question, signal) {
    process.stderr.write(question)
    try {
      return await ask('', new Writable({ write: (_chunk, _encoding, done) => done() }), signal)
    } finally {
      process.stderr.write('\n')
    }
  },
}

async function ask(question: string, output: NodeJS.WritableStream, signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  // The terminal is in raw mode meanwhile, and sends no signal of its own.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
  try {
    return await Promise.race([lines.question(question, { signal }), ended])
  } catch (error) {
    if (signal.aborted) throw interruption(signal)
    throw error
  } finally {
    lines.close()
  }
}
