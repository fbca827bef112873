/**
 * Whether a value of `synchronous_standby_names` would let commits wait for a standby of this name: `*`, `a, b`, `2 (a, b)`,
 * `FIRST 2 (a, b)`, `ANY 1 (a, "B")`. Names count without regard to case.
 */
export function countsAsSynchronous(setting: string, name: string): boolean {
  const list = /^\s*(?:(?:first|any)\s+)?[0-9]+\s*\((?<names>.*)\)\s*$/is.exec(setting)?.groups?.['names'] ?? setting
  const names = [...list.matchAll(/"((?:[^"]|"")*)"|[^\s,]+/g)].map(([whole, quoted]) => quoted?.replaceAll('""', '"') ?? whole)
  return names.some((one) => one === '*' || one.toLowerCase() === name.toLowerCase())
}
