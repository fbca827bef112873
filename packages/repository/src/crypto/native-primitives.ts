import koffi from 'koffi'
import type { BlockKey, CtrKey, Primitives } from './primitives.ts'
import type { Region } from './region.ts'

type Call = (...args: readonly (number | string)[]) => number

/** The functions of zstd and OpenSSL that the node binary itself exports; numbers are addresses. */
function bindLibrary() {
  const self = koffi.load(null)
  const bind = (name: string, result: string, ...args: string[]): Call => self.func(name, result, args) as unknown as Call
  const address = 'uintptr_t'
  return {
    createCompressor: bind('ZSTD_createCCtx', address),
    createDecompressor: bind('ZSTD_createDCtx', address),
    freeCompressor: bind('ZSTD_freeCCtx', 'size_t', address),
    freeDecompressor: bind('ZSTD_freeDCtx', 'size_t', address),
    compress: bind('ZSTD_compressCCtx', 'size_t', address, address, 'size_t', address, 'size_t', 'int'),
    decompress: bind('ZSTD_decompressDCtx', 'size_t', address, address, 'size_t', address, 'size_t'),
    isError: bind('ZSTD_isError', 'uint', 'size_t'),
    sha256: bind('SHA256', address, address, 'size_t', address),
    cipherNew: bind('EVP_CIPHER_CTX_new', address),
    cipherFree: bind('EVP_CIPHER_CTX_free', 'void', address),
    aes256Ctr: bind('EVP_aes_256_ctr', address),
    aes128Ecb: bind('EVP_aes_128_ecb', address),
    cipherPadding: bind('EVP_CIPHER_CTX_set_padding', 'int', address, 'int'),
    encryptInit: bind('EVP_EncryptInit_ex', 'int', address, address, address, address, address),
    encryptUpdate: bind('EVP_EncryptUpdate', 'int', address, address, address, address, 'int'),
    macFetch: bind('EVP_MAC_fetch', address, address, 'str', address),
    macNew: bind('EVP_MAC_CTX_new', address, address),
    macFree: bind('EVP_MAC_CTX_free', 'void', address),
    macInit: bind('EVP_MAC_init', 'int', address, address, 'size_t', address),
    macUpdate: bind('EVP_MAC_update', 'int', address, address, 'size_t'),
    macFinal: bind('EVP_MAC_final', 'int', address, address, address, 'size_t'),
  }
}

/** Contexts are made once for a thread, and live until it releases them: some megabytes, which would outlive the thread. */
export class NativePrimitives implements Primitives {
  readonly kind = 'native'
  readonly #library = bindLibrary()
  readonly #compressor: number
  readonly #decompressor: number
  readonly #mac: number
  readonly #scratch: Region
  readonly #keys = new WeakMap<object, number>()
  readonly #ciphers = new Set<number>()
  readonly #forgotten = new FinalizationRegistry<number>((context) => this.#freeCipher(context))
  /** A worker sees a new object for the same shared memory in each message, so nothing here may keep them alive. */
  readonly #memory = new WeakMap<object, Region>()

  constructor() {
    const library = this.#library
    this.#compressor = library.createCompressor()
    this.#decompressor = library.createDecompressor()
    this.#mac = library.macNew(library.macFetch(0, 'POLY1305', 0))
    this.#scratch = this.allocate(4096)
    if (this.#compressor === 0 || this.#decompressor === 0 || this.#mac === 0) throw new Error('native contexts could not be made')
  }

  allocate(sizeBytes: number): Region {
    return this.#pinned(Buffer.from(new ArrayBuffer(Math.max(sizeBytes, 4096)), 0, sizeBytes))
  }

  pin(memory: SharedArrayBuffer | ArrayBuffer): Region {
    const known = this.#memory.get(memory)
    if (known !== undefined) return known
    const region = this.#pinned(Buffer.from(memory as ArrayBuffer))
    if (memory instanceof SharedArrayBuffer) this.#memory.set(memory, region)
    return region
  }

  sha256(source: Region, offset: number, length: number, target: Region, targetOffset: number): void {
    this.#library.sha256(source.address + offset, length, target.address + targetOffset)
  }

  compress(
    target: Region,
    targetOffset: number,
    capacity: number,
    source: Region,
    offset: number,
    length: number,
    level: number,
  ): number {
    const size = this.#library.compress(
      this.#compressor,
      target.address + targetOffset,
      capacity,
      source.address + offset,
      length,
      level,
    )
    return size > capacity ? 0 : size
  }

  decompress(target: Region, targetOffset: number, capacity: number, source: Region, offset: number, length: number): number {
    const size = this.#library.decompress(
      this.#decompressor,
      target.address + targetOffset,
      capacity,
      source.address + offset,
      length,
    )
    return size > capacity ? -1 : size
  }

  ctrKey(key: Uint8Array): CtrKey {
    return this.#prepare<CtrKey>(this.#library.aes256Ctr(), key)
  }

  blockKey(key: Uint8Array): BlockKey {
    return this.#prepare<BlockKey>(this.#library.aes128Ecb(), key)
  }

  encryptCtr(
    cipher: CtrKey,
    target: Region,
    targetOffset: number,
    source: Region,
    offset: number,
    length: number,
    iv: Region,
    ivOffset: number,
  ): void {
    const context = this.#context(cipher)
    const ok = this.#library.encryptInit(context, 0, 0, 0, iv.address + ivOffset)
    const done =
      length === 0
        ? 1
        : this.#library.encryptUpdate(
            context,
            target.address + targetOffset,
            this.#scratch.address,
            source.address + offset,
            length,
          )
    if (ok !== 1 || done !== 1) throw new Error(`AES-256-CTR over ${length} bytes failed`)
  }

  encryptBlock(key: BlockKey, target: Region, targetOffset: number, source: Region, offset: number): void {
    const done = this.#library.encryptUpdate(
      this.#context(key),
      target.address + targetOffset,
      this.#scratch.address,
      source.address + offset,
      16,
    )
    if (done !== 1) throw new Error('AES-128 of one block failed')
  }

  poly1305(
    key: Region,
    keyOffset: number,
    source: Region,
    offset: number,
    length: number,
    target: Region,
    targetOffset: number,
  ): void {
    const library = this.#library
    const done =
      library.macInit(this.#mac, key.address + keyOffset, 32, 0) &
      library.macUpdate(this.#mac, source.address + offset, length) &
      library.macFinal(this.#mac, target.address + targetOffset, 0, 16)
    if (done !== 1) throw new Error(`Poly1305 over ${length} bytes failed`)
  }

  release(): void {
    for (const context of this.#ciphers) this.#freeCipher(context)
    this.#library.freeCompressor(this.#compressor)
    this.#library.freeDecompressor(this.#decompressor)
    this.#library.macFree(this.#mac)
  }

  #freeCipher(context: number): void {
    if (this.#ciphers.delete(context)) this.#library.cipherFree(context)
  }

  #pinned(bytes: Buffer): Region {
    return { bytes, address: Number(koffi.address(bytes)) }
  }

  #prepare<Key extends object>(algorithm: number, key: Uint8Array): Key {
    this.#scratch.bytes.set(key, 1024)
    const context = this.#library.cipherNew()
    const ok = this.#library.encryptInit(context, algorithm, 0, this.#scratch.address + 1024, 0)
    this.#library.cipherPadding(context, 0)
    this.#scratch.bytes.fill(0, 1024, 1024 + key.length)
    if (ok !== 1) throw new Error('a cipher key could not be prepared')
    const handle = {} as Key
    this.#keys.set(handle, context)
    this.#ciphers.add(context)
    this.#forgotten.register(handle, context)
    return handle
  }

  #context(key: object): number {
    const context = this.#keys.get(key)
    if (context === undefined) throw new Error('this key belongs to other primitives')
    return context
  }
}
