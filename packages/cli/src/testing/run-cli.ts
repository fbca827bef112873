import { systemContext } from '@coffre/foundation'
import { runCommandLine } from '../command-line.ts'
import type { Host } from '../host/host.ts'
import { Sink, type Stream } from '../output/sink.ts'

export interface CliOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly workingFolder?: string
  readonly isTerminal?: boolean
  readonly host?: Partial<Host>
  readonly signal?: AbortSignal
}

export interface CliEnd {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one command in this process, on a host without a terminal, a person and settings of its own unless the test gives them. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliEnd> {
  const { environment = {}, workingFolder = '/home/ada', isTerminal = false, signal = new AbortController().signal } = options
  const [stdout, stderr] = [new RecordedStream(isTerminal), new RecordedStream(isTerminal)]
  const exitCode = await runCommandLine({
    args,
    surroundings: { environment: { HOME: '/nonexistent', ...environment }, workingFolder, signal },
    host: () => ({ ...silentHost, ...options.host }),
    results: new Sink(stdout, () => undefined),
    notes: new Sink(stderr, () => undefined),
    resultsBroken: { signal: new AbortController().signal, cause: () => undefined },
  })
  return { exitCode, stdout: stdout.text, stderr: stderr.text }
}

const silentHost: Host = {
  clock: systemContext.clock,
  isRoot: false,
  timeZone: 'Europe/Paris',
  person: undefined,
  readInput: () => Promise.resolve(''),
}

class RecordedStream implements Stream {
  readonly isTTY: boolean
  readonly columns = 100
  text = ''

  constructor(isTTY: boolean) {
    this.isTTY = isTTY
  }

  write(data: Uint8Array, done: (error?: Error | null) => void): boolean {
    this.text += Buffer.from(data).toString('utf8')
    done()
    return true
  }

  on(): void {
    // Nothing ever goes wrong here.
  }
}
