/** Packs are complete at this size unless it is said otherwise: restic's default. */
export const defaultPackBytes = 16 * 1024 * 1024
