import { it } from 'node:test'
import type { ContractSubject, SubjectFactory } from './contract-subject.ts'

export type SubjectTest = (title: string, body: (subject: ContractSubject) => Promise<void>) => void

/** Declares tests that each get a fresh subject, closed afterwards. */
export function subjectTest(factory: SubjectFactory): SubjectTest {
  return (title, body) => {
    it(title, async () => {
      const subject = await factory()
      await using _closed = subject.backend
      await body(subject)
    })
  }
}
