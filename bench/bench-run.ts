import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fetchTools } from '../tools/fetch/fetch-tools.ts'
import { toolTable } from '../tools/fetch/tool-table.ts'
import { projectRoot } from '../tools/project-root.ts'
import type { Corpus, Report } from './corpora/corpus.ts'
import { provideCorpus } from './corpora/corpus-cache.ts'
import { type BenchOptions, benchCache, scaleSectionName } from './options.ts'
import { circumstances } from './report/circumstances.ts'
import { writeSection } from './report/document.ts'
import { speedSection } from './report/speed-section.ts'
import { runSpeed } from './rounds/speed-run.ts'
import type { ScaleRun } from './scale/scale-run.ts'
import { scaleSection } from './scale/scale-section.ts'
import type { BackupTool } from './tools/backup-tool.ts'

const page = join(projectRoot, 'docs', 'benchmarks.md')

/** One run of the benchmark. What cannot be had or fails is kept as a failure, and the rest goes on. */
export class BenchRun {
  readonly failures: string[] = []
  readonly #options: BenchOptions
  readonly #command: string
  readonly #runFolder: string
  readonly #report: Report
  readonly #missing = new Set<string>()

  /** `command` is what a person would type for this run. */
  constructor(options: BenchOptions, command: string, runFolder: string, report: Report) {
    this.#options = options
    this.#command = command
    this.#runFolder = runFolder
    this.#report = report
  }

  async run(): Promise<void> {
    const { corpora, scaleRuns } = this.#options
    await this.#fetch()
    const tools = corpora.length === 0 ? [] : this.#having(this.#options.tools)
    for (const corpus of this.#having(corpora))
      await this.#attempt(`corpus ${corpus.name}`, () => this.#measureSpeed(corpus, tools))
    for (const scale of this.#having(scaleRuns)) await this.#attempt(`scale ${scale.name}`, () => this.#measureScale(scale))
  }

  /** Each tool for itself, so that one that cannot be had hinders only what needs it. */
  async #fetch(): Promise<void> {
    const { corpora, scaleRuns, tools } = this.#options
    const users = [...corpora, ...scaleRuns, ...(corpora.length === 0 ? [] : tools)]
    const needed = new Set(users.flatMap(({ needs }) => needs))
    for (const tool of toolTable.filter(({ name }) => needed.has(name))) {
      await this.#attempt(tool.name, () => fetchTools([tool], this.#report), tool.name)
    }
  }

  #having<T extends { readonly name: string; readonly needs: readonly string[] }>(users: readonly T[]): T[] {
    return users.filter(({ name, needs }) => {
      const lacking = needs.filter((need) => this.#missing.has(need))
      if (lacking.length > 0) this.#report(`${name} is left out, for want of ${lacking.join(', ')}`)
      return lacking.length === 0
    })
  }

  async #measureSpeed(corpus: Corpus, tools: readonly BackupTool[]): Promise<void> {
    const { rounds, divisor, keep } = this.#options
    const made = await provideCorpus(corpus, join(benchCache, 'corpora'), divisor, this.#report)
    const results = await runSpeed(made, { tools, rounds, keep, workFolder: this.#runFolder }, this.#report)
    this.failures.push(...results.failures)
    await this.#publish(corpus.name, rounds, tools, speedSection(results, tools, divisor === 1))
  }

  async #measureScale(scale: ScaleRun): Promise<void> {
    const workFolder = join(this.#runFolder, `scale-${scale.name}`)
    await mkdir(workFolder)
    const report: Report = (line) => this.#report(`scale ${scale.name}: ${line}`)
    const result = await scale.run({ workFolder, divisor: this.#options.divisor, report })
    if (!this.#options.keep) await rm(workFolder, { recursive: true, force: true })
    this.failures.push(...result.failures)
    const involved = this.#options.tools.filter(({ name }) => ['coffre', ...scale.needs].includes(name))
    await this.#publish(scaleSectionName(scale), 1, involved, scaleSection(result, this.#options.divisor === 1))
  }

  /** To the page; but results of divided sizes, and of the smoke run, are only shown. */
  async #publish(section: string, rounds: number, tools: readonly BackupTool[], content: string): Promise<void> {
    const versions = new Set(await Promise.all(tools.map((tool) => tool.version())))
    const text = `${await circumstances(this.#command, rounds, [...versions], this.#runFolder)}\n\n${content}`
    if (this.#options.divisor === 1) await writeSection(page, section, text)
    else process.stdout.write(`## ${section}\n\n${text}\n\n`)
  }

  async #attempt(name: string, action: () => Promise<void>, missing?: string): Promise<void> {
    try {
      await action()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.failures.push(`${name}: ${reason}`)
      this.#report(`${name} FAILED: ${reason}`)
      if (missing !== undefined) this.#missing.add(missing)
    }
  }
}
