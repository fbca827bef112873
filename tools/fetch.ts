/** `npm run fetch [-- NAME…]`: makes sure of the named tools, or of all, and prints where each of them is. */
import { fetchTools } from './fetch/fetch-tools.ts'
import { toolTable } from './fetch/tool-table.ts'

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`fetch: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function main(names: readonly string[]): Promise<void> {
  const known = toolTable.map((tool) => tool.name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no tool is called ${unknown.join(', ')}; there are ${known.join(', ')}`)
  const tools = toolTable.filter((tool) => names.length === 0 || names.includes(tool.name))
  await fetchTools(tools, (line) => process.stderr.write(`fetch: ${line}\n`))
  for (const tool of tools) process.stdout.write(`${tool.variable}=${process.env[tool.variable]}\n`)
}
