/** The tests that need nothing but the code: part of `npm run check`. `npm test` runs them too. */
import { findTestFiles, isFastTest } from './testing/test-files.ts'
import { runTestFiles } from './testing/test-run.ts'

process.exitCode = (await runTestFiles((await findTestFiles()).filter(isFastTest), process.stdout)) ? 0 : 1
