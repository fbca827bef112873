import type { Measurement } from '../measure/measure.ts'
import type { RoundResult, Step } from '../rounds/round.ts'
import { median } from './median.ts'

/** One step of one tool over all rounds. */
export interface StepSummary {
  readonly seconds: number
  readonly secondsMin: number
  readonly secondsMax: number
  readonly cpuSeconds: number
  /** Of all rounds the largest: a bound on memory is no matter of averages. */
  readonly peakRssBytes: number
}

export interface ToolSummary {
  readonly tool: string
  readonly steps: Readonly<Partial<Record<Step, StepSummary>>>
  readonly storedBytes: number
  readonly addedBytes: number | undefined
}

/** Medians over the rounds, tools in the order given; without those that never came to an end. */
export function summarize(tools: readonly string[], results: readonly RoundResult[]): ToolSummary[] {
  return tools.flatMap((tool) => {
    const own = results.filter((result) => result.tool === tool)
    return own.length === 0 ? [] : [summaryOf(tool, own)]
  })
}

function summaryOf(tool: string, rounds: readonly RoundResult[]): ToolSummary {
  const names = Object.keys(rounds[0]?.steps ?? {}) as Step[]
  const steps = names.map((step) => [step, stepSummary(rounds.flatMap((round) => round.steps[step] ?? []))] as const)
  const added = rounds.flatMap((round) => round.addedBytes ?? [])
  return {
    tool,
    steps: Object.fromEntries(steps),
    storedBytes: median(rounds.map((round) => round.storedBytes)),
    addedBytes: added.length === 0 ? undefined : median(added),
  }
}

function stepSummary(measurements: readonly Measurement[]): StepSummary {
  const seconds = measurements.map(({ wallSeconds }) => wallSeconds)
  return {
    seconds: median(seconds),
    secondsMin: Math.min(...seconds),
    secondsMax: Math.max(...seconds),
    cpuSeconds: median(measurements.map(({ cpuSeconds }) => cpuSeconds)),
    peakRssBytes: Math.max(...measurements.map(({ peakRssBytes }) => peakRssBytes)),
  }
}
