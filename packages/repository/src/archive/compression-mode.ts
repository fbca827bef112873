export type CompressionMode = 'off' | 'auto' | 'max'

export const zstdLevels: Readonly<Record<CompressionMode, number | undefined>> = { off: undefined, auto: 1, max: 15 }
