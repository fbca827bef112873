import { createHmac } from 'node:crypto'
import type { Context } from '@coffre/foundation'
import type { Transaction } from 'kysely'
import type { Catalogue, Database } from '../catalogue/database.ts'
import { localUser } from '../people/grants.ts'
import { PasswordHasher } from '../people/password-hash.ts'
import { newPeople, type People } from '../people/people.ts'
import type { SignedIn } from '../people/principal.ts'
import { type Role, rightsOfLocal } from '../people/roles.ts'
import { loadMasterKey } from '../secrets/master-key.ts'
import { SecretBox } from '../secrets/secret-box.ts'
import { SecretStore } from '../secrets/secret-store.ts'
import { makeProject, startTestCatalogue } from './test-catalogue.ts'

/** An organisation with a catalogue of its own, for one test file. */
export interface TestPeople extends AsyncDisposable {
  readonly catalogue: Catalogue
  readonly stateFolder: string
  readonly people: People
  readonly secrets: SecretStore
  readonly hasher: PasswordHasher
  readonly orgId: string
  readonly projectId: string
  /** The owner of the machine. */
  readonly local: SignedIn
  /** Runs in a transaction, as callers of the services do. */
  within<T>(run: (within: Transaction<Database>) => Promise<T>): Promise<T>
  /** A user with a password (`passwordOf`) and these roles in the whole organisation, or in a project; signed in. */
  addUser(name: string, roles: readonly Role[], projectId?: string): Promise<SignedIn>
}

export function passwordOf(name: string): string {
  return `right horse battery of ${[...name].reverse().join('')}`
}

/** The code that an authenticator application shows, `stepsLater` from now: by an implementation of its own, from the secret as typed. */
export function codeOfApplication(secret: string, { clock }: Context, stepsLater = 0): string {
  const counter = Buffer.alloc(8)
  counter.writeUInt32BE(Math.floor(clock.nowMs() / 30_000) + stepsLater, 4)
  const mac = createHmac('sha1', bytesOfBase32(secret)).update(counter).digest()
  const four = mac.subarray((mac[19] ?? 0) & 15).readInt32BE() & 0x7fffffff
  return String(four).slice(-6).padStart(6, '0')
}

export function bytesOfBase32(text: string): Buffer {
  const bits = [...text].map((digit) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(digit).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)))
}

export async function startTestPeople(context: Context): Promise<TestPeople> {
  await using stack = new AsyncDisposableStack()
  const { catalogue, stateFolder } = stack.use(await startTestCatalogue())
  const { orgId, projectId } = await makeProject(catalogue, context, 'people')
  const secrets = new SecretStore(
    catalogue,
    new SecretBox(await loadMasterKey(stateFolder, context.random), context.random),
    context,
  )
  // What is tested here is not how long it takes.
  const hasher = new PasswordHasher(context.random, { memoryKib: 8, passes: 1, parallelism: 1 })
  const people = newPeople(catalogue, secrets, context, hasher)
  const local: SignedIn = {
    id: localUser,
    user: localUser,
    by: 'local',
    orgId,
    projectId,
    rights: new Set(rightsOfLocal),
    mustEnrol: false,
  }
  const within = <T>(run: (transaction: Transaction<Database>) => Promise<T>): Promise<T> => catalogue.transaction().execute(run)

  async function addUser(name: string, roles: readonly Role[], grantedIn: string | null = null): Promise<SignedIn> {
    const userId = await within(async (transaction) => {
      const id = await people.users.create(orgId, { name, displayName: name }, localUser, transaction)
      await people.passwords.set(id, name, passwordOf(name), transaction)
      for (const role of roles)
        await people.grants.insert({ userId: id, orgId, projectId: grantedIn, role, grantedBy: 'test' }, transaction)
      return id
    })
    const { session } = await people.sessions.open({ userId, hasSecondFactor: false, address: undefined, userAgent: undefined })
    const user = `user:${userId}`
    const rights = await people.grants.rightsOf(user, orgId, projectId)
    return { id: user, user, by: 'session', sessionId: session.id, orgId, projectId, rights, mustEnrol: false }
  }

  const kept = stack.move()
  const dispose = (): Promise<void> => kept.disposeAsync()
  return {
    catalogue,
    stateFolder,
    people,
    secrets,
    hasher,
    orgId,
    projectId,
    local,
    within,
    addUser,
    [Symbol.asyncDispose]: dispose,
  }
}
