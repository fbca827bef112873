/** Without the fields that are 0, empty or undefined, as restic leaves them out. `kept` stay whatever they are. */
export function omitZero(fields: Readonly<Record<string, unknown>>, ...kept: readonly string[]): Record<string, unknown> {
  const isZero = (value: unknown): boolean =>
    value === undefined || value === 0 || value === '' || value === false || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => kept.includes(name) || !isZero(value)))
}
