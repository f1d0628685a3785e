import { suggest } from '../../dockerfile/suggestion.ts'
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

function suggestSibling(root: ByteString, path: string): string | undefined {
  const bytes = fromText(path.replace(/\/+$/, ''))
  const folder = resolveInRoot(root, parentOf(bytes), 'follow')
  if (findStat(folder)?.isDirectory() !== true) return undefined
  return suggest(textOfBytes(lastNameOf(bytes)), sortedNames(folder).map(textOfBytes))
}
