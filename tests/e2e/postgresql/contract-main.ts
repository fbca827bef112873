/** `npm run test:contract [-- VERSION…]`: the whole connector contract on each version of PostgreSQL, or on those that are named. */
import { connectorContract, postgresMajors } from '@coffre/testkit'
import { postgresqlSubject } from '../../../packages/connectors/postgresql/src/testing/postgresql-subject.ts'

const wanted = process.argv.slice(2)
for (const major of postgresMajors)
  if (wanted.length === 0 || wanted.includes(String(major)))
    connectorContract(`PostgreSQL ${major}`, () => postgresqlSubject(major))
