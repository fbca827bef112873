import { connectorContract } from '@coffre/testkit'
import { postgresqlSubject } from './testing/postgresql-subject.ts'

connectorContract('PostgreSQL 15', () => postgresqlSubject(15))
