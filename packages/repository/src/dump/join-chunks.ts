/** Fewer and larger chunks: small ones are copied together until there are `chunkBytes`; large ones pass as they are. */
export async function* joinChunks(chunks: AsyncIterable<Uint8Array>, chunkBytes: number): AsyncGenerator<Uint8Array> {
  let buffer = Buffer.allocUnsafe(chunkBytes)
  let used = 0
  for await (const chunk of chunks) {
    if (used + chunk.length > chunkBytes) {
      if (used > 0) yield buffer.subarray(0, used)
      buffer = Buffer.allocUnsafe(chunkBytes)
      used = 0
    }
    if (chunk.length >= chunkBytes / 4 && used === 0) {
      yield chunk
      continue
    }
    buffer.set(chunk, used)
    used += chunk.length
  }
  if (used > 0) yield buffer.subarray(0, used)
}
