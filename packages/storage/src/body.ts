export function bodySizeBytes(body: readonly Uint8Array[]): number {
  return body.reduce((total, chunk) => total + chunk.byteLength, 0)
}

/** A new array with all bytes of `body`. */
export function concatenate(body: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bodySizeBytes(body))
  let at = 0
  for (const chunk of body) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}

/** Views on `body`, none larger than `chunkBytesMax`, in order. Empty chunks are left out. */
export function* smallChunks(body: Iterable<Uint8Array>, chunkBytesMax: number): Generator<Uint8Array> {
  for (const chunk of body) {
    for (let at = 0; at < chunk.byteLength; at += chunkBytesMax) {
      yield chunk.subarray(at, Math.min(at + chunkBytesMax, chunk.byteLength))
    }
  }
}

/** Groups of consecutive chunks of `body`: each but the last holds exactly `groupBytes`. */
export function* groupsOf(body: Iterable<Uint8Array>, groupBytes: number): Generator<Uint8Array[]> {
  let group: Uint8Array[] = []
  let room = groupBytes
  for (const whole of body) {
    let chunk = whole
    while (chunk.byteLength >= room) {
      group.push(chunk.subarray(0, room))
      yield group
      chunk = chunk.subarray(room)
      group = []
      room = groupBytes
    }
    if (chunk.byteLength > 0) group.push(chunk)
    room -= chunk.byteLength
  }
  if (group.length > 0) yield group
}
