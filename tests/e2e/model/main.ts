/**
 * `npm run test:model [-- COUNT]` runs ten thousand histories, or so many, on all processors; `npm run test:model -- --history N`
 * tells a single one.
 */
import { randomInt } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { BaseVault } from './base-vault.ts'
import { History, HistoryError, type HistoryOutcome } from './history.ts'
import { sumOf } from './sum-of.ts'

interface Share {
  readonly first: number
  readonly step: number
  readonly count: number
}

interface ShareResult {
  readonly outcomes: readonly HistoryOutcome[]
  readonly failures: readonly string[]
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`)

if (isMainThread) process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
else parentPort?.postMessage(await runShare(workerData as Share))

async function main(args: readonly string[]): Promise<boolean> {
  if (args[0] === '--history') return tell(Number(args[1]))
  const count = Number(args[0] ?? 10_000)
  const first = randomInt(2 ** 31)
  const threads = availableParallelism()
  print(`${count} histories from ${first} on, on ${threads} processors`)
  const shares = Array.from({ length: threads }, (_, thread): Share => {
    return { first: first + thread, step: threads, count: Math.floor((count + threads - 1 - thread) / threads) }
  })
  const results = await Promise.all(shares.map(inWorker))
  const failures = results.flatMap((result) => result.failures)
  for (const failure of failures) print(failure)
  print(
    `${failures.length} of ${count} histories went wrong; in the others: ${JSON.stringify(sumOf(results.flatMap(({ outcomes }) => outcomes)))}`,
  )
  return failures.length === 0
}

async function tell(number: number): Promise<boolean> {
  await using base = await BaseVault.create()
  const history = new History(base, number)
  try {
    await history.run()
    for (const line of history.log) print(line)
    return true
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error
    print(error.message)
    return false
  }
}

function inWorker(share: Share): Promise<ShareResult> {
  return new Promise((resolve, reject) => {
    new Worker(new URL(import.meta.url), { workerData: share }).once('message', resolve).once('error', reject)
  })
}

async function runShare({ first, step, count }: Share): Promise<ShareResult> {
  await using base = await BaseVault.create()
  const outcomes: HistoryOutcome[] = []
  const failures: string[] = []
  for (let number = 0; number < count; number++) {
    try {
      outcomes.push(await new History(base, first + number * step).run())
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error
      failures.push(error.message)
    }
  }
  return { outcomes, failures }
}
