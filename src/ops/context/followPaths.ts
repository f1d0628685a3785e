import { readdirSync, readlinkSync } from 'node:fs'
import { compilePathPattern, hasWildcard } from '../../ground/pathMatch.ts'
import { asByteString, bytesOf, fromText, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { errorCode } from '../files/errorCode.ts'
import { joinName, namesOf, parentOf } from '../files/rootPath.ts'

/**
 * The paths, without links on the way, that bring all that `paths` lead to: each path itself, each link met on its way,
 * and what those lead to, inside `root`; wildcards as in Go's `filepath.Match`. What is not there is left out.
 * Undefined where all of `root` is wanted.
 */
export function followPaths(root: ByteString, paths: readonly string[]): readonly ByteString[] | undefined {
  if (paths.length === 0) return undefined
  const found = new Set<ByteString>()
  const seen = new Set<string>()
  for (const path of paths) follow({ root, found, seen }, asByteString(''), namesOf(fromText(path)))
  return found.has(asByteString('')) ? undefined : [...found].sort()
}

interface Following {
  readonly root: ByteString
  readonly found: Set<ByteString>
  /** Ways that were gone already: links may form loops. */
  readonly seen: Set<string>
}

/** `folder` is without links. */
function follow(following: Following, folder: ByteString, names: readonly ByteString[]): void {
  const { root, found, seen } = following
  const way = `${folder}\0${names.join('/')}`
  if (seen.has(way)) return
  seen.add(way)
  const [name, ...rest] = names
  if (name === undefined) {
    found.add(folder)
    return
  }
  if (name === '..') {
    follow(following, parentOf(folder), rest)
    return
  }
  for (const match of namesMatching(joinName(root, folder), name)) {
    const path = joinName(folder, match)
    const target = linkTarget(joinName(root, path))
    if (target === undefined) {
      follow(following, path, rest)
    } else {
      found.add(path)
      follow(following, target.startsWith('/') ? asByteString('') : folder, [...namesOf(target), ...rest])
    }
  }
}

function namesMatching(folder: ByteString, name: ByteString): readonly ByteString[] {
  const text = textOfBytes(name)
  if (!hasWildcard(text)) return [asByteString(name.replace(/\\(.)/g, '$1'))]
  const matches = compilePathPattern(text)
  try {
    return readdirSync(bytesOf(folder), { encoding: 'latin1' }).map(asByteString).filter((entry) => matches(textOfBytes(entry)))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return []
    throw error
  }
}

/** Undefined where it is no link, or not there. */
function linkTarget(path: ByteString): ByteString | undefined {
  try {
    return asByteString(readlinkSync(bytesOf(path), { encoding: 'latin1' }))
  } catch (error) {
    if (['EINVAL', 'ENOENT', 'ENOTDIR'].includes(errorCode(error))) return undefined
    throw error
  }
}
