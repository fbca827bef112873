/** One step of a JSON pointer (RFC 6901), to be added to the pointer of what contains it. */
export function pointerStep(key: string | number): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}
