import { compilePathPattern, hasWildcard } from '../../../ground/pathMatch.ts'
import { asByteString, textOfBytes, type ByteString } from '../../../kit/byteString.ts'
import { sortedNames } from '../folders.ts'
import { findStat } from '../metadata.ts'
import { joinName, namesOf, resolveInRoot } from '../rootPath.ts'

/**
 * Paths in `root` that `pattern` matches by Go's `filepath.Match`, component by component, in the order of their bytes.
 * Links on the way are followed inside the root; the paths come as they are written.
 */
export function expandWildcards(root: ByteString, pattern: ByteString): readonly ByteString[] {
  let found: readonly ByteString[] = [asByteString('')]
  for (const component of namesOf(pattern)) {
    found = found.flatMap((folder) => matchesIn(root, folder, component))
  }
  return found.map((path) => asByteString(`/${path}`))
}

function matchesIn(root: ByteString, folder: ByteString, component: ByteString): readonly ByteString[] {
  const text = textOfBytes(component)
  const place = resolveInRoot(root, folder, 'follow')
  if (findStat(place)?.isDirectory() !== true) return []
  if (!hasWildcard(text)) {
    const path = joinName(folder, asByteString(component.replace(/\\(.)/g, '$1')))
    return findStat(resolveInRoot(root, path, 'keep')) === undefined ? [] : [path]
  }
  const matches = compilePathPattern(text)
  return sortedNames(place).filter((name) => matches(textOfBytes(name))).map((name) => joinName(folder, name))
}
