// Exits 0 when node_modules holds what package-lock.json says, 1 otherwise. npm keeps its own account of what it installed in
// node_modules/.package-lock.json. This runs on the machine's node, from version 18 on, before anything is installed.
const { existsSync, readFileSync } = require('node:fs')

function packagesOf(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages
}

/** Of the optional packages npm leaves out those of other platforms, and what only they need. */
function isForThisMachine({ os, cpu, libc }) {
  const ownLibc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc'
  const fits = (list, own) => list === undefined || list.includes(own)
  return (
    os !== undefined &&
    fits(os, process.platform) &&
    fits(cpu, process.arch) &&
    (process.platform !== 'linux' || fits(libc, ownLibc))
  )
}

function matches() {
  if (!existsSync('node_modules/.package-lock.json')) return false
  const installed = packagesOf('node_modules/.package-lock.json')
  return Object.entries(packagesOf('package-lock.json')).every(([path, wanted]) => {
    if (!path.includes('node_modules/')) return true
    const found = installed[path]
    if (found === undefined) return wanted.optional === true && !isForThisMachine(wanted)
    return found.version === wanted.version && found.integrity === wanted.integrity && existsSync(path)
  })
}

process.exitCode = matches() ? 0 : 1
