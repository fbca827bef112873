import { planTool, provideTool } from './provide-tool.ts'
import type { Tool } from './tool.ts'
import { openToolCache } from './tool-cache.ts'

/** What this machine lacks for a run. Each line names one thing and says what to install. */
export class MachineLacksError extends Error {
  override readonly name = 'MachineLacksError'
  readonly lacks: readonly string[]

  constructor(lacks: readonly string[]) {
    super(['this machine lacks what is needed:', ...lacks.map((line) => `  - ${line}`)].join('\n'))
    this.lacks = lacks
  }
}

/**
 * Makes sure of every tool and announces its path in its environment variable, which child processes inherit. All of what is
 * missing is found out before anything is built. Throws MachineLacksError when something has to be installed by a person.
 */
export async function fetchTools(tools: readonly Tool[], report: (line: string) => void): Promise<void> {
  const cache = openToolCache()
  const plans = await Promise.all(tools.map((tool) => planTool(tool, cache)))
  const lacks = plans.flatMap((plan) => (plan.kind === 'missing' ? [plan.advice] : []))
  if (lacks.length > 0) throw new MachineLacksError(lacks)
  // One after the other: the go command keeps all processors busy by itself.
  for (const plan of plans) process.env[plan.tool.variable] = await provideTool(plan, cache, report)
}
