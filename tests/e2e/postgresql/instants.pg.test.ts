import { test } from 'node:test'
import { postgresMajors, SeededRandom, testSeed } from '@coffre/testkit'
import { tryInstants } from './instants.ts'

for (const major of postgresMajors) {
  test(`PostgreSQL ${major}: any instant is restored to exactly the log before the first record after it`, async (t) => {
    const random = new SeededRandom(testSeed(`instants of ${major}`))
    await tryInstants({ major, instants: 10, busyMs: 1200, random, report: (line) => t.diagnostic(line) })
  })
}
