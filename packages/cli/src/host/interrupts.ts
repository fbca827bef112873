const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const interruptedExitCode = 130

/**
 * Calls `onFirst` for the first signal that asks for an end; the second one ends the process at once. The returned function lets
 * the signals do again what they do by default.
 */
export function whenInterrupted(onFirst: (name: string) => void): () => void {
  let isFirst = true
  const listen = (name: NodeJS.Signals): void => {
    if (!isFirst) process.exit(interruptedExitCode)
    isFirst = false
    onFirst(name)
  }
  for (const name of signals) process.on(name, listen)
  return () => {
    for (const name of signals) process.off(name, listen)
  }
}
