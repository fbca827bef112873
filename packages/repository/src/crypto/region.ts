/** Memory that stays where it is, with its address for native calls. The bytes may be shared between threads. */
export interface Region {
  readonly bytes: Buffer
  readonly address: number
}
