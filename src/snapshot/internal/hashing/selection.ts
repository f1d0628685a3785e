import { resolveIn, type OpenFolder } from '../../../archive/safePath.ts'
import { createIgnoreMatcher } from '../../../dockerfile/ignorefile.ts'
import { compilePathPattern, hasWildcard } from '../../../ground/pathMatch.ts'
import { asByteString, textOfBytes, type ByteString } from '../../../kit/byteString.ts'
import { joinPath, ROOT, sortedNames, splitLast, splitPath } from '../bytePath.ts'
import { findLayerFile, isCode } from '../layerFile.ts'
import { isFolder } from '../fileTree.ts'

/** Which paths of a folder count. */
export interface SelectionFilter {
  includes(path: string): boolean
  /** Whether nothing in the folder can count. */
  skips(folder: string): boolean
}

export interface SelectionPatterns {
  readonly includePatterns: readonly string[]
  readonly excludePatterns: readonly string[]
}

/** Undefined where all counts. @throws InvalidValueError on a malformed pattern */
export function createSelectionFilter({ includePatterns, excludePatterns }: SelectionPatterns): SelectionFilter | undefined {
  if (includePatterns.length === 0 && excludePatterns.length === 0) return undefined
  const included = includePatterns.length === 0 ? undefined : createIgnoreMatcher(includePatterns)
  const excluded = createIgnoreMatcher(excludePatterns)
  return {
    includes: (path) => included?.ignores(path) !== false && !excluded.ignores(path),
    skips: (folder) => excluded.ignoresWhole(folder) || included?.mayIgnoreBelow(folder) === false,
  }
}

/**
 * Paths in `folder`, which `root` holds open, that match by Go's `filepath.Match`, in the order of their bytes. Links are
 * followed, inside the root, up to the first component with a wildcard, and not from there on.
 */
export function expandWildcards(root: OpenFolder, folder: ByteString, pattern: ByteString): readonly ByteString[] {
  let found: readonly ByteString[] = [ROOT]
  let lastLink: 'follow' | 'keep' = 'follow'
  for (const component of splitPath(pattern)) {
    found = found.flatMap((path) => matchesIn(realFolder(path, { root, folder, lastLink }), component).map((name) => joinPath(path, name)))
    if (hasWildcard(textOfBytes(component))) lastLink = 'keep'
  }
  return found
}

/** Names in the folder at `place`; none where there is no folder. */
function matchesIn(place: ByteString | undefined, component: ByteString): readonly ByteString[] {
  if (place === undefined) return []
  const text = textOfBytes(component)
  if (!hasWildcard(text)) {
    const name = asByteString(component.replaceAll(/\\(.)/g, '$1'))
    return findLayerFile(joinPath(place, name)) === undefined ? [] : [name]
  }
  const matches = compilePathPattern(text)
  return sortedNames(place).filter((name) => matches(textOfBytes(name)))
}

interface Located {
  readonly root: OpenFolder
  readonly folder: ByteString
  readonly lastLink: 'follow' | 'keep'
}

/** Undefined where `path` leads to no folder. */
function realFolder(path: ByteString, { root, folder, lastLink }: Located): ByteString | undefined {
  try {
    const [parent, name] = lastLink === 'follow' ? [path, ROOT] : splitLast(path)
    const place = joinPath(folder, joinPath(resolveIn(root, parent), name))
    return isFolder(place) ? place : undefined
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined
    throw error
  }
}
