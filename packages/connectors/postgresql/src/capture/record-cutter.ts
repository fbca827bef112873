import type { Stamps } from '@coffre/connector'
import { CoffreError } from '@coffre/foundation'
import type { MemberState } from '../cluster.ts'
import type { Lsn } from '../wal/lsn.ts'
import { StampCollector } from '../wal/stamp-collector.ts'
import { pageBytes, type WalMajor, walMajorOfVersion } from '../wal/wal-format.ts'
import { WalWalker } from '../wal/wal-walker.ts'

/** A piece of log that ends with a record. */
export interface RecordPiece {
  readonly through: Lsn
  /** The taker's until the cutter is given more. */
  readonly bytes: Uint8Array
  readonly stamps?: Stamps
}

/** A record that is longer than this is handed on in parts: the memory it takes stays bounded. */
const pendingBytesMax = 16 * 1024 * 1024
/** Room for most; what a longer record needed is given back after it. */
const usualBytes = 1024 * 1024

/**
 * Cuts log as it arrives so that each piece ends with a whole record: whoever goes on from there sees every record that ends later from
 * its beginning, and none of the times stamped on them is missed.
 */
export class RecordCutter {
  readonly #walker: WalWalker
  readonly #stamps = new StampCollector()
  /** Log that arrived: from `#cutBytes` on what came after the last whole record, before it what was handed out. */
  #memory = new Uint8Array(usualBytes)
  #filledBytes = 0
  #cutBytes = 0
  #through: Lsn

  constructor(state: Pick<MemberState, 'major' | 'segmentBytes' | 'systemId'>, timeline: number, start: Lsn) {
    this.#through = start
    this.#walker = new WalWalker({
      start,
      major: walMajor(state.major),
      segmentBytes: state.segmentBytes,
      systemId: state.systemId,
      timeline,
      checksums: false,
      atInvalid: 'fail',
      wanted: StampCollector.wanted,
      onRecord: (record) => this.#stamps.add(record),
    })
  }

  /** Where the last piece ended. */
  get through(): Lsn {
    return this.#through
  }

  /** Copies what arrived; gives the piece that is whole with it, if any is. */
  push(bytes: Uint8Array): RecordPiece | undefined {
    this.#walker.push(bytes)
    this.#keep(bytes)
    // The rest of one segment at most, which the server sends at once.
    if (this.#walker.isInSwitch) return undefined
    // A reader can begin at a record or at a page, and nowhere else.
    const page = this.#walker.position - (this.#walker.position % pageBytes)
    const end = this.#pendingBytes > pendingBytesMax ? page : (this.#walker.lastRecord?.end ?? 0)
    if (end <= this.#through) return undefined
    return this.#cut(end)
  }

  /** The rest, which the log ends with. */
  rest(): RecordPiece | undefined {
    return this.#pendingBytes === 0 ? undefined : this.#cut(this.#walker.position)
  }

  get #pendingBytes(): number {
    return this.#filledBytes - this.#cutBytes
  }

  #keep(bytes: Uint8Array): void {
    const pending = this.#memory.subarray(this.#cutBytes, this.#filledBytes)
    const neededBytes = pending.length + bytes.length
    if (neededBytes > this.#memory.length) this.#memory = new Uint8Array(2 * neededBytes)
    else if (neededBytes <= usualBytes && this.#memory.length > usualBytes) this.#memory = new Uint8Array(usualBytes)
    this.#memory.set(pending)
    this.#memory.set(bytes, pending.length)
    this.#filledBytes = neededBytes
    this.#cutBytes = 0
  }

  #cut(end: Lsn): RecordPiece {
    const begin = this.#cutBytes
    this.#cutBytes += end - this.#through
    this.#through = end
    const stamps = this.#stamps.take()
    const bytes = this.#memory.subarray(begin, this.#cutBytes)
    return { through: end, bytes, ...(stamps === undefined ? {} : { stamps }) }
  }
}

function walMajor(major: number): WalMajor {
  const found = walMajorOfVersion(major)
  if (found === undefined) throw new CoffreError('source.unfit', `the log of PostgreSQL ${major} is not known`)
  return found
}
