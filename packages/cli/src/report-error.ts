import { CoffreError } from '@coffre/foundation'
import { CommandLineError } from './messages/command-line-error.ts'
import type { Texts } from './messages/texts.ts'
import { goJson } from './output/go-json.ts'
import { printable } from './output/printable.ts'
import type { Sink } from './output/sink.ts'
import { ServerError } from './server/server-error.ts'

export interface ReportOptions {
  readonly json: boolean
  readonly texts: Texts
}

interface Report {
  readonly code: string
  readonly exitCode: number
  readonly message: string
  readonly hint: string | undefined
}

/** Tells what ended a command, and how it can go on. The exit code that says the same to programs. */
export function reportError(thrown: unknown, notes: Sink, { json, texts }: ReportOptions): number {
  const report = reportOf(thrown, texts)
  const { code, exitCode, message, hint } = report
  if (json)
    notes.write(
      `${goJson({ message_type: 'exit_error', code: exitCode, message, error: code, ...(hint === undefined ? {} : { hint }) })}\n`,
    )
  else
    notes.write(
      `${printable(texts.say('report.error', { code, message }))}\n${hint === undefined ? '' : `${printable(texts.say('report.hint', { hint }))}\n`}`,
    )
  return exitCode
}

/** A failure while cleaning up after another one must not hide it. */
function primary(thrown: unknown): unknown {
  return thrown instanceof SuppressedError ? primary(thrown.suppressed) : thrown
}

function reportOf(thrown: unknown, texts: Texts): Report {
  const error = primary(thrown)
  if (error instanceof CommandLineError) {
    const { code, exitCode, sentence, advice } = error
    const hint = advice === undefined ? undefined : texts.say(advice.key, advice.values)
    return { code, exitCode, message: texts.say(sentence.key, sentence.values), hint }
  }
  if (error instanceof ServerError && error.serverCode !== error.code) {
    const { serverCode, exitCode, message, hint } = error
    return { code: serverCode, exitCode, message, hint }
  }
  if (error instanceof CoffreError) {
    const { code, exitCode, message, hint } = error
    return {
      code,
      exitCode,
      message: texts.explain(code, message),
      hint: texts.advise(code, hint) ?? (code === 'usage.invalid' ? texts.say('hint.help') : undefined),
    }
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'internal', exitCode: 1, message: texts.explain('internal', stack), hint: texts.say('hint.internal') }
}
