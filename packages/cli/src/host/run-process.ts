import { CoffreError } from '@coffre/foundation'
import { runCommandLine } from '../command-line.ts'
import { Sink } from '../output/sink.ts'
import { exactArguments, exactWorkingFolder } from './exact-arguments.ts'
import { whenInterrupted } from './interrupts.ts'
import { thisHost } from './this-host.ts'

/** Runs the command line that this process was started with, and leaves its exit code. Threads find their modules compiled, too. */
export async function runProcess(compiledModules: string): Promise<void> {
  const environment = { ...process.env }
  process.env['NODE_COMPILE_CACHE'] ??= compiledModules
  const interrupted = new AbortController()
  const forgetSignals = whenInterrupted((name) => interrupted.abort(new CoffreError('interrupted', `interrupted by ${name}`)))
  const broken: { results?: Error } = {}
  const readerLeft = new AbortController()
  const results = new Sink(process.stdout, (error) => {
    broken.results = error
    readerLeft.abort(new CoffreError('interrupted', 'nobody reads the output any more', { cause: error }))
  })
  // Without a place to complain to, there is nobody to tell.
  const notes = new Sink(process.stderr, () => undefined)
  try {
    process.exitCode = await runCommandLine({
      args: exactArguments(),
      surroundings: { environment, workingFolder: exactWorkingFolder(), signal: interrupted.signal },
      host: thisHost,
      results,
      notes,
      resultsBroken: { signal: readerLeft.signal, cause: () => broken.results },
    })
  } finally {
    forgetSignals()
  }
}
