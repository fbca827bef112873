import { type ByteString, CoffreError } from '@coffre/foundation'

/**
 * How a snapshot's upper folders are laid out, exactly as restic does it: an absolute target appears below its full path, a
 * relative one below what remains of it without `.` and `..`. Folders above a target are there with their own metadata, but hold
 * only what leads to targets.
 */
export interface TargetTree {
  readonly children: Map<ByteString, TargetTree>
  /** The file or folder to store here with all its content. */
  path?: ByteString
  /** Where the metadata of a folder above the targets comes from. */
  metadataPath?: ByteString
  /** The folder that contains the first component: distinguishes equal names of different origin. */
  root: ByteString
}

/** Lists a folder's names: for targets like `.`, and for targets inside of other targets. */
export type ListNames = (path: ByteString) => readonly ByteString[]

export function buildTargetTree(targets: readonly ByteString[], listNames: ListNames): TargetTree {
  const tree: TargetTree = { children: new Map(), root: '' }
  const seen = new Set<ByteString>()
  for (const target of resolveFolderTargets(targets, listNames)) {
    if (seen.has(target)) continue
    seen.add(target)
    addTarget(tree, target)
  }
  unroll(tree, listNames)
  return tree
}

/** Go's `filepath.Clean`: no `.`, no inner `..`, no doubled or final slash. */
export function cleanPath(path: ByteString): ByteString {
  const absolute = path.startsWith('/')
  const parts: ByteString[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!absolute) parts.push(part)
  }
  if (absolute) return `/${parts.join('/')}`
  return parts.length === 0 ? '.' : parts.join('/')
}

export function joinPath(...parts: readonly ByteString[]): ByteString {
  return cleanPath(parts.filter((part) => part !== '').join('/'))
}

/** A target that is only `.`, `..` or `/` stands for the entries of that folder. */
function resolveFolderTargets(targets: readonly ByteString[], listNames: ListNames): ByteString[] {
  return targets.flatMap((target) => {
    const cleaned = cleanPath(target)
    if (components(cleaned).length > 0) return [cleaned]
    return [...listNames(cleaned)].sort().map((name) => joinPath(cleaned, name))
  })
}

/** The names of a path below the root; a leading `..` of a relative path is dropped. */
function components(path: ByteString): ByteString[] {
  return cleanPath(path.startsWith('/') ? path : `/${path}`)
    .split('/')
    .filter((part) => part !== '')
}

function rootOf(target: ByteString): ByteString {
  if (target.startsWith('/')) return '/'
  const ups = target.split('/').filter((part) => part === '..')
  return ups.length === 0 ? '.' : ups.join('/')
}

function addTarget(tree: TargetTree, target: ByteString): void {
  const parts = components(target)
  const first = parts[0] ?? ''
  const root = rootOf(target)
  let name = first
  for (let i = 1; ; i++) {
    const other = tree.children.get(name)
    if (other === undefined || other.root === root) break
    name = `${first}-${i}`
  }
  let node = childOf(tree, name, root)
  let path = joinPath(root, first)
  for (const part of parts.slice(1)) {
    node.metadataPath = path
    node = childOf(node, part, '')
    path = joinPath(path, part)
  }
  if (node.path !== undefined) throw new CoffreError('usage.invalid', `the target ${target} is given twice`)
  node.path = target
}

function childOf(tree: TargetTree, name: ByteString, root: ByteString): TargetTree {
  let child = tree.children.get(name)
  if (child === undefined) {
    child = { children: new Map(), root }
    tree.children.set(name, child)
  }
  return child
}

/** A target that has other targets inside is replaced by its entries. */
function unroll(tree: TargetTree, listNames: ListNames): void {
  const { path } = tree
  if (path !== undefined && tree.children.size > 0) {
    for (const name of listNames(path)) {
      const child = childOf(tree, name, '')
      child.path ??= joinPath(path, name)
    }
    tree.metadataPath = path
    delete tree.path
  }
  for (const child of tree.children.values()) unroll(child, listNames)
}
