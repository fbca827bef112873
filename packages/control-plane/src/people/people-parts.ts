import type { Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import type { ApiCall } from '../http/api-call.ts'
import type { People } from './people.ts'
import type { Origin } from './sign-in.ts'

/** What operations about people work with. */
export interface PeopleParts {
  readonly catalogue: Catalogue
  readonly people: People
  readonly context: Context
}

/** All of what `run` does, with its entry in the audit log, or nothing. */
export function changing<T>({ catalogue }: PeopleParts, run: (within: Transaction<Database>) => Promise<T>): Promise<T> {
  return catalogue.transaction().execute(run)
}

export function originOf({ address, headers }: Pick<ApiCall, 'address' | 'headers'>): Origin {
  return { address, userAgent: headers.get('user-agent') ?? undefined }
}
