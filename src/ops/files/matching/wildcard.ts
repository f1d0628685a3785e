import { compilePathPattern, hasWildcard } from '../../../ground/pathMatch.ts'
import { asByteString, textOfBytes, type ByteString } from '../../../kit/byteString.ts'
import { sortedNames } from '../folders.ts'
import { findStat } from '../metadata.ts'
import { joinName, namesOf, resolveInRoot } from '../rootPath.ts'

/**
 * Paths in `root` that `pattern` matches by Go's `filepath.Match`, component by component, in the order of their bytes.
 * Links are followed, inside the root, up to the first component with a wildcard, and not from there on; the paths come
 * as they are written.
 */
export function expandWildcards(root: ByteString, pattern: ByteString): readonly ByteString[] {
  let found: readonly ByteString[] = [asByteString('')]
  let lastLink: 'follow' | 'keep' = 'follow'
  for (const component of namesOf(pattern)) {
    found = found.flatMap((folder) => matchesIn(resolveInRoot(root, folder, lastLink), component).map((name) => joinName(folder, name)))
    if (hasWildcard(textOfBytes(component))) lastLink = 'keep'
  }
  return found.map((path) => asByteString(`/${path}`))
}

/** The path before the first component that has a wildcard: what a pattern says of a folder without doubt. */
export function folderOfPattern(pattern: string): string {
  const components = pattern.split('/')
  const first = components.findIndex(hasWildcard)
  return first < 0 ? pattern : components.slice(0, first).join('/')
}

/** Names in the folder at `place`; none where there is no folder. */
function matchesIn(place: ByteString, component: ByteString): readonly ByteString[] {
  const text = textOfBytes(component)
  if (findStat(place)?.isDirectory() !== true) return []
  if (!hasWildcard(text)) {
    const name = asByteString(component.replace(/\\(.)/g, '$1'))
    return findStat(joinName(place, name)) === undefined ? [] : [name]
  }
  const matches = compilePathPattern(text)
  return sortedNames(place).filter((name) => matches(textOfBytes(name)))
}
