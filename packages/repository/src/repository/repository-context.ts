import type { Context } from '@coffre/foundation'
import type { LocalFiles } from '../local/local-files.ts'
import type { WorkerThreads } from '../pipeline/worker-threads.ts'

/** Who is at work: what keys, locks and snapshots record. */
export interface Identity {
  readonly hostname: string
  readonly username: string
  readonly uid: number
  readonly gid: number
  readonly processId: number
  /** Distinguishes two Coffre instances of one host; part of the hostname in lock files (rule C2). */
  readonly instance: string
  /** Whether a process of this host exists. */
  isProcessAlive(processId: number): boolean
}

/**
 * A right to change the vault that runs out unless it is renewed, kept by the catalogue. `coffre repo` has none and relies on
 * restic's lock files alone.
 */
export interface Lease {
  /** Throws `repository.lease-lost` unless the lease holds for at least `marginMs` more on the monotonic clock (rule C4). */
  assertHeld(marginMs: number): void
}

/** scrypt's cost for new keys. Tests use a cheap one. */
export interface ScryptCost {
  readonly n: number
  readonly r: number
  readonly p: number
}

/** What a repository needs from outside, besides its backend. */
export interface RepositoryContext extends Context {
  readonly identity: Identity
  readonly files: LocalFiles
  /** Worker threads for bulk work; 0 does everything on the calling thread. */
  readonly workers: number
  /** Where these threads come from, if some were started ahead. */
  readonly threads?: WorkerThreads
  readonly scrypt: ScryptCost
  readonly lease?: Lease
}

/** 32 MiB of memory and three passes: the cost that OWASP names beside 128 MiB and one pass. */
export const defaultScryptCost: ScryptCost = { n: 32768, r: 8, p: 3 }
