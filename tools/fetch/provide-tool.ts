import { buildGoTool } from './build-go-tool.ts'
import { compareVersions, type GoModule, type Tool } from './tool.ts'
import type { ToolCache } from './tool-cache.ts'
import { findOnPath, toolVersion } from './tool-version.ts'

/** Where a tool is, or where it can come from. `missing` says what a person has to install. */
export type ToolPlan =
  | { readonly tool: Tool; readonly kind: 'ready'; readonly path: string; readonly version: string }
  | { readonly tool: Tool; readonly kind: 'build'; readonly source: GoModule }
  | { readonly tool: Tool; readonly kind: 'missing'; readonly advice: string }

/**
 * Decides for one tool, without changing anything. In order: the path in its variable, the cache, the exact version on the PATH, a
 * build by go, an acceptable other version on the PATH.
 */
export async function planTool(tool: Tool, cache: ToolCache): Promise<ToolPlan> {
  const given = process.env[tool.variable]
  if (given !== undefined && given !== '') return planGiven(tool, given)
  const cached = await cache.find(tool)
  if (cached !== undefined) return { tool, kind: 'ready', path: cached, version: tool.version }
  const found = await findAccepted(tool)
  if (found?.version === tool.version) return found
  if (tool.source.kind === 'go' && (await findOnPath('go')) !== undefined) return { tool, kind: 'build', source: tool.source }
  return found ?? { tool, kind: 'missing', advice: adviceFor(tool) }
}

/** Carries out a plan: the path of a program that has said its version. */
export async function provideTool(plan: ToolPlan, cache: ToolCache, report: (line: string) => void): Promise<string> {
  const { tool } = plan
  if (plan.kind === 'missing') throw new Error(plan.advice)
  if (plan.kind === 'ready') {
    if (plan.version !== tool.version) report(`using ${tool.name} ${plan.version} in ${plan.path} instead of ${tool.version}`)
    return plan.path
  }
  report(`building ${tool.name} ${tool.version}, once; it takes a minute or two`)
  const path = await cache.add(tool, async (target) => {
    await buildGoTool(tool, plan.source, target)
    const version = await toolVersion(tool, target)
    if (version !== tool.version) throw new Error(`${tool.name} was built, but it says that its version is ${version}`)
  })
  report(`built ${tool.name} ${tool.version}`)
  return path
}

async function planGiven(tool: Tool, path: string): Promise<ToolPlan> {
  const version = await toolVersion(tool, path)
  if (version !== undefined && isAccepted(tool, version)) return { tool, kind: 'ready', path, version }
  const fault = version === undefined ? `no ${tool.name} that runs` : `${tool.name} ${version}`
  return {
    tool,
    kind: 'missing',
    advice: `${tool.variable} names ${path}, which is ${fault}; ${tool.oldestAccepted} or newer is needed`,
  }
}

async function findAccepted(tool: Tool) {
  const path = await findOnPath(tool.name)
  if (path === undefined) return undefined
  const version = await toolVersion(tool, path)
  return version !== undefined && isAccepted(tool, version) ? ({ tool, kind: 'ready', path, version } as const) : undefined
}

function isAccepted(tool: Tool, version: string): boolean {
  return compareVersions(version, tool.oldestAccepted) >= 0
}

function adviceFor(tool: Tool): string {
  const asProgram = `${tool.name} ${tool.oldestAccepted} or newer on the PATH or in ${tool.variable}`
  if (tool.source.kind === 'debian') return `${tool.name} is missing: apt-get install ${tool.source.package}, or have ${asProgram}`
  return `${tool.name} is missing: install Go 1.21 or newer to build it (https://go.dev/doc/install), or have ${asProgram}`
}
