import { connectorContract } from '@coffre/testkit'
import { postgresqlSubject } from './testing/postgresql-subject.ts'

connectorContract('PostgreSQL 15', () => postgresqlSubject(15))

/** What versions differ in. The whole contract is held against them by `npm run test:contract`. */
const differing = [
  'from where a snapshot began on, the log is there without a gap',
  'log that the source has no more is source.position-lost, and a new base helps',
  'after a failover the log goes on, on another branch that says where it left the one before',
]

for (const major of [16, 18] as const) connectorContract(`PostgreSQL ${major}`, () => postgresqlSubject(major), differing)
