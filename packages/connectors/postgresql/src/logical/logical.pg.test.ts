import { after, before, describe } from 'node:test'
import { connectorContract, type PostgresServer } from '@coffre/testkit'
import { logicalServer, logicalSubject } from '../testing/logical-subject.ts'

describe('in logical mode', () => {
  let server: PostgresServer
  before(async () => {
    server = await logicalServer()
  })
  after(() => server[Symbol.asyncDispose]())

  connectorContract('PostgreSQL 15', () => logicalSubject(server))
})
