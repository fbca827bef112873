import type { Call } from '../command.ts'
import type { TextKey } from '../messages/english.ts'
import { formatPercent } from '../output/amounts.ts'

export interface ShownSteps<Step extends string> {
  readonly update: (step: Step, done: number, total: number) => void
  readonly hide: () => void
}

/** Shows how far the present step of some work is. */
export function showSteps<Step extends string>(
  names: Readonly<Record<Step, TextKey>>,
  { output, texts }: Pick<Call, 'output' | 'texts'>,
): ShownSteps<Step> {
  let line = ''
  const hide = output.showProgress({ line: () => line })
  const update = (step: Step, done: number, total: number): void => {
    line = texts.say('progress.step', { percent: formatPercent(done, total), done, total, step: texts.say(names[step]) })
  }
  return { update, hide }
}
