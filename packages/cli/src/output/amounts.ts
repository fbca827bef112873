const units = ['KiB', 'MiB', 'GiB', 'TiB']

/** `17 B`, `1.500 KiB`. */
export function formatBytes(bytes: number | bigint): string {
  let amount = Number(bytes)
  if (amount < 1024) return `${bytes} B`
  let unit = -1
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  return `${amount.toFixed(3)} ${units[unit]}`
}

/** `12.34%`, or nothing when there is no whole. */
export function formatPercent(part: number, whole: number): string {
  return whole === 0 ? '' : `${Math.min(100, (part / whole) * 100).toFixed(2)}%`
}

/** `0:05`, `12:34`, `1:02:03`. */
export function formatSeconds(totalSeconds: number): string {
  const seconds = Math.floor(totalSeconds)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const tail = String(seconds % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

/** `2006-01-02 15:04:05` in the local zone. */
export function formatLocalTime(unixMs: number): string {
  const date = new Date(unixMs)
  const two = (number: number): string => String(number).padStart(2, '0')
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
