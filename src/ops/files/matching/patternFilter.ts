import { createIgnoreMatcher } from '../../../dockerfile/ignorefile.ts'
import { asByteString, textOfBytes, type ByteString } from '../../../kit/byteString.ts'
import { TAKE_ALL, type PathFilter } from './pathFilter.ts'

export interface FilterPatterns {
  /** As in an ignore file. */
  readonly includePatterns: readonly string[]
  readonly excludePatterns: readonly string[]
  /** Paths that are taken with all that is in them, beside what `includePatterns` matches. */
  readonly includePaths?: readonly ByteString[] | undefined
}

/** Takes what is included and not excluded; without anything to include, all. */
export function createPathFilter({ includePatterns, excludePatterns, includePaths }: FilterPatterns): PathFilter {
  const included = includeFilter(includePatterns, includePaths)
  if (excludePatterns.length === 0) return included
  const excluded = createIgnoreMatcher(excludePatterns)
  return {
    includes: (path) => included.includes(path) && !excluded.ignores(textOfBytes(path)),
    skips: (path) => included.skips(path) || excluded.ignoresWhole(textOfBytes(path)),
  }
}

function includeFilter(patterns: readonly string[], paths: readonly ByteString[] | undefined): PathFilter {
  if (patterns.length === 0) return paths === undefined ? TAKE_ALL : createPathList(paths)
  const matcher = createIgnoreMatcher(patterns)
  const list = createPathList(paths ?? [])
  return {
    includes: (path) => matcher.ignores(textOfBytes(path)) || list.includes(path),
    skips: (path) => list.skips(path) && !matcher.ignores(textOfBytes(path)) && !matcher.mayIgnoreBelow(textOfBytes(path)),
  }
}

function createPathList(paths: readonly ByteString[]): PathFilter {
  const taken = new Set(paths)
  const above = new Set(paths.flatMap((path) => foldersAbove(path)))
  const includes = (path: ByteString): boolean => taken.has(path) || foldersAbove(path).some((folder) => taken.has(folder))
  return { includes, skips: (path) => !above.has(path) && !includes(path) }
}

function foldersAbove(path: ByteString): readonly ByteString[] {
  const folders: ByteString[] = []
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) folders.push(asByteString(path.slice(0, slash)))
  return folders
}
