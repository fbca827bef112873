import type { Branch, ChangeBatch, Mark, Position } from '@coffre/connector'
import { at, byteOf } from './segment-format.ts'

interface LogBranch {
  readonly branch: Branch
  readonly begin: number
  bytes: Buffer
}

/** An engine's log as a test writes it: bytes that only their place and branch tell, forks, and a clock of its own. */
export class ScriptedStream {
  readonly #branches: LogBranch[] = [{ branch: { id: '1' }, begin: 0, bytes: Buffer.alloc(0) }]
  nowMs: number
  readonly #capturedMs: () => number

  constructor(nowMs: number, capturedMs: () => number = () => this.nowMs) {
    this.nowMs = nowMs
    this.#capturedMs = capturedMs
  }

  get branches(): readonly Branch[] {
    return this.#branches.map(({ branch }) => branch)
  }

  get end(): Position {
    const { branch, begin, bytes } = this.#current
    return at(branch.id, begin + bytes.length)
  }

  get mark(): Mark {
    return { position: this.end, sourceMs: this.nowMs, capturedMs: this.#capturedMs() }
  }

  /** The next batch: some log, stamped with the time of now, and a mark after it. */
  write(length: number, options: { readonly isMarked?: boolean; readonly isStamped?: boolean } = {}): ChangeBatch {
    const { isMarked = true, isStamped = true } = options
    const current = this.#current
    const after = this.end
    const bytes = pattern(current.branch.id, byteOf(after), length)
    current.bytes = Buffer.concat([current.bytes, bytes])
    const nowUs = this.nowMs * 1000
    return {
      after,
      through: this.end,
      bytes,
      ...(isStamped && length > 0 ? { stamps: { earliestUs: nowUs, latestUs: nowUs } } : {}),
      ...(isMarked ? { mark: this.mark } : {}),
    }
  }

  /** The first batch of a branch that lacks the last bytes of this one. */
  fork(lostBytes: number): ChangeBatch {
    const parent = this.#current
    const fork = Math.max(parent.begin, byteOf(this.end) - lostBytes)
    const id = String(this.#branches.length + 1)
    const { offset } = at(id, fork)
    const branch: Branch = { id, parent: { id: parent.branch.id, forkOffset: offset }, document: `history of ${id}` }
    this.#branches.push({ branch, begin: fork, bytes: Buffer.alloc(0) })
    return { after: at(id, fork), through: at(id, fork), bytes: new Uint8Array(0), fork: branch, mark: this.mark }
  }

  /** The log from one position to another as it must be, on the way through branches. */
  log(after: Position, through: Position): Buffer {
    const whole = this.#history(through)
    return whole.subarray(byteOf(after), byteOf(through))
  }

  /** From the beginning of the first branch to a position. */
  #history({ branch: id, offset }: Position): Buffer {
    const found = this.#branches.find(({ branch }) => branch.id === id)
    if (found === undefined) throw new Error(`there is no branch ${id}`)
    const { branch, bytes } = found
    const before =
      branch.parent === undefined ? Buffer.alloc(0) : this.#history({ branch: branch.parent.id, offset: branch.parent.forkOffset })
    return Buffer.concat([before, bytes]).subarray(0, Number.parseInt(offset, 16))
  }

  get #current(): LogBranch {
    const current = this.#branches.at(-1)
    if (current === undefined) throw new Error('a log has a branch')
    return current
  }
}

/** Bytes without a short period, others on each branch. */
function pattern(branch: string, from: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  const salt = Number(branch) * 7919
  for (let at = 0; at < length; at++) bytes[at] = (Math.imul(from + at + salt, 0x9e3779b1) >>> 13) & 0xff
  return bytes
}
