import type { ServerCall } from '../command.ts'

interface Finding {
  readonly severity: 'error' | 'warning' | 'note'
  readonly message: string
  /** Where in a document. */
  readonly at?: string
  readonly hint?: string | undefined
  readonly remedy?: string | undefined
}

/** What a check or a document gave cause to say. */
export function showFindings(findings: readonly Finding[], { output, texts }: ServerCall): void {
  for (const finding of findings) {
    const line = findingText(finding, texts.say(`finding.${finding.severity}`))
    if (finding.severity === 'note') output.note(line)
    else output.warn(line)
  }
}

function findingText({ message, at, hint, remedy }: Finding, severity: string): string {
  const place = at === undefined || at === '' ? '' : `${at}: `
  const advice = hint ?? remedy
  return `${severity}: ${place}${message}${advice === undefined ? '' : `\n  ${advice}`}`
}
