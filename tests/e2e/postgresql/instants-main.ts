/** `npm run test:instants [-- COUNT]`: a hundred instants of each version of PostgreSQL, or as many as are asked for. */
import { postgresMajors, SeededRandom, testSeed } from '@coffre/testkit'
import { tryInstants } from './instants.ts'

const instants = Number(process.argv[2] ?? 100)
for (const major of postgresMajors) {
  const random = new SeededRandom(testSeed(`instants of ${major}`))
  await tryInstants({ major, instants, busyMs: 4000, random, report: (line) => void process.stdout.write(`${line}\n`) })
}
