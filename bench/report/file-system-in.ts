/** The type of the file system that a path is on, after a list of mounts as /proc has it. */
export function fileSystemIn(mounts: string, path: string): string {
  let best = { point: '', kind: 'unknown file system' }
  for (const line of mounts.split('\n')) {
    const [, point = '', kind = ''] = line.split(' ')
    const isAbove = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`)
    if (kind !== '' && isAbove && point.length >= best.point.length) best = { point, kind }
  }
  return best.kind
}
