import type { Cutter } from './cutter.ts'

/** Cuts every 512 KiB: a file that is rewritten in pages keeps its cuts. Without state, hence one instance may serve many streams. */
export class FixedCutter implements Cutter {
  readonly maxBytes = 512 * 1024

  next(_data: Uint8Array, begin: number, end: number, last: boolean): number | undefined {
    if (end - begin >= this.maxBytes) return this.maxBytes
    return last ? end - begin : undefined
  }
}
