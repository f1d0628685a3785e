import { suggest } from '../../ground/suggestion.ts'
import { fromText, textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { SourceNotFoundError } from './fileErrors.ts'
import { sortedNames } from './folders.ts'
import { findStat } from './metadata.ts'
import { lastNameOf, parentOf, resolveInRoot } from './rootPath.ts'

/** The error for a path that `root` has not, with what it has instead. */
export function sourceNotFound(path: string, root: ByteString | undefined, reference: string | undefined): SourceNotFoundError {
  const nearest = root === undefined ? undefined : suggestSibling(root, path)
  const hint = [nearest, 'is it spelled as on the disk, inside the build context, and not excluded by .dockerignore?'].filter((part) => part !== undefined).join(' ')
  return new SourceNotFoundError(path, reference, hint)
}

/** @throws SourceNotFoundError for the first of `paths` that `root` has not */
export function requirePaths(paths: readonly string[], root: ByteString | undefined, reference: string | undefined): void {
  const missing = paths.find((path) => root === undefined || findStat(resolveInRoot(root, fromText(path), 'follow')) === undefined)
  if (missing !== undefined) throw sourceNotFound(missing, root, reference)
}

/** What in `root` has almost that path, in the same folder; only what `mayBe` lets through, which is asked by whole path. */
export function suggestSibling(root: ByteString, path: string, mayBe: (path: string) => boolean = () => true): string | undefined {
  const bytes = fromText(path.replace(/\/+$/, ''))
  const parent = parentOf(bytes)
  const folder = resolveInRoot(root, parent, 'follow')
  if (findStat(folder)?.isDirectory() !== true) return undefined
  const siblings = sortedNames(folder).map(textOfBytes)
  return suggest(textOfBytes(lastNameOf(bytes)), siblings.filter((name) => mayBe(`${textOfBytes(parent)}/${name}`)))
}
