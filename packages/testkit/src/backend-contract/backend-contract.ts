import { describe } from 'node:test'
import type { SubjectFactory } from './contract-subject.ts'
import { listingContract } from './listing.ts'
import { loadingContract } from './loading.ts'
import { lockingContract } from './locking.ts'
import { savingContract } from './saving.ts'
import { subjectTest } from './subject-test.ts'

/** Declares the tests of every sentence of the `Backend` contract, each on a fresh subject. A new backend joins in ten lines. */
export function backendContract(name: string, factory: SubjectFactory): void {
  describe(`${name} keeps the backend contract`, () => {
    const test = subjectTest(factory)
    savingContract(test)
    loadingContract(test)
    listingContract(test)
    lockingContract(test)
  })
}
