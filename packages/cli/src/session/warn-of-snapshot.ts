import type { Call } from '../command.ts'

/** Tells of a snapshot that is passed over because it is damaged or not there. */
export function warnOfSnapshot({ output, texts }: Pick<Call, 'output' | 'texts'>): (name: string, error: unknown) => void {
  return (name, error) =>
    output.warn(texts.say('snapshot.ignored', { name, problem: error instanceof Error ? error.message : String(error) }))
}
