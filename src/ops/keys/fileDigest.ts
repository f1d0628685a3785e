import { digestOf, type Digest } from '../../ground/digest.ts'
import type { FileMode } from '../../ground/fileMode.ts'
import { formatGoJson, type GoJson } from '../../ground/goJson.ts'
import type { ActionBase, CopyAction, FileAction, Owner } from '../../graph/vertex.ts'

/**
 * Of all that actions say, but for where the files lie that they read. As BuildKit makes it: JSON of its FileActions,
 * with Go's names and order. `isReadOnly` tells whether an input is only read: where it lies in another one counts.
 */
export function fileDigest(actions: readonly FileAction[], inputCount: number, isReadOnly: (input: number) => boolean): Digest {
  const bodies = actions.map((action) => Buffer.from(formatGoJson(actionJson(action, isReadOnly), 'compact')).toString('base64'))
  const indexes = actions.map((action) => [placeOf(action.base, inputCount), action.kind === 'copy' ? placeOf(action.from, inputCount) : -1, action.output ?? -1])
  return digestOf(formatGoJson({ Type: 'buildkit.file.v0', Actions: bodies, indexes: isUsual(indexes) ? undefined : indexes }, 'compact'))
}

/** Inputs come first, then what the actions have made. */
function placeOf(base: ActionBase, inputCount: number): number {
  switch (base.kind) {
    case 'scratch':
      return -1
    case 'input':
      return base.index
    case 'action':
      return inputCount + base.index
  }
}

/** What BuildKit left out before it told such things apart, and still does: one after the other on the first input, from the second. */
function isUsual(indexes: readonly (readonly number[])[]): boolean {
  const last = indexes.length - 1
  return indexes.every(([base, from = -1, output], index) => base === (index === 0 ? 0 : indexes.length + index - 1) && (from === -1 || from === 1) && output === (index === last ? 0 : -1)) && last >= 0
}

function actionJson(action: FileAction, isReadOnly: (input: number) => boolean): GoJson {
  switch (action.kind) {
    case 'copy':
      return copyJson(action, action.from.kind === 'input' && isReadOnly(action.from.index))
    case 'mkdir':
      return { path: action.path, mode: orNone(action.mode), makeParents: action.makeParents || undefined, owner: ownerJson(action.owner), timestamp: timeJson(action.timestampNs) }
    case 'mkfile':
      return { path: action.path, mode: orNone(action.mode), data: Buffer.from(action.data).toString('base64') || undefined, owner: ownerJson(action.owner), timestamp: timeJson(action.timestampNs) }
    case 'symlink':
      return { oldpath: action.linkTarget, newpath: action.path, owner: ownerJson(action.owner), timestamp: timeJson(action.timestampNs) }
    case 'rm':
      return { path: action.path, allowNotFound: action.allowNotFound || undefined, allowWildcard: action.allowWildcard || undefined }
  }
}

function copyJson(action: CopyAction, isReadOnly: boolean): GoJson {
  const { source, target, owner, mode, timestampNs, includePatterns, excludePatterns, requiredPaths } = action
  return {
    src: isReadOnly ? lastName(source) : source,
    dest: target,
    owner: ownerJson(owner),
    mode: mode?.kind === 'absolute' ? orNone(mode.bits) : -1,
    followSymlink: action.followSymlinks || undefined,
    dirCopyContents: action.copyFolderContents || undefined,
    attemptUnpackDockerCompatibility: action.unpackArchives || undefined,
    createDestPath: action.createTargetPath || undefined,
    allowWildcard: action.allowWildcard || undefined,
    allowEmptyWildcard: action.allowEmptyWildcard || undefined,
    timestamp: timeJson(timestampNs),
    include_patterns: orAbsent(includePatterns),
    exclude_patterns: orAbsent(excludePatterns),
    alwaysReplaceExistingDestPaths: action.replacesTargets || undefined,
    modeStr: modeText(mode),
    required_paths: orAbsent(requiredPaths),
  }
}

/** Go's path.Base: the name that a target folder gives what is copied. */
function lastName(path: string): string {
  return path.split('/').findLast((name) => name !== '') ?? (path === '' ? '.' : '/')
}

function modeText(mode: FileMode | undefined): string | undefined {
  return mode?.kind === 'symbolic' ? mode.text : undefined
}

function ownerJson(owner: Owner | undefined): GoJson | undefined {
  return owner === undefined ? undefined : { user: userJson(owner.user, owner.lookup), group: owner.group === undefined ? undefined : userJson(owner.group, owner.groupLookup ?? owner.lookup) }
}

function userJson(name: string, lookup: ActionBase): GoJson {
  if (/^\d+$/.test(name)) return { User: { byId: orNone(Number(name)) } }
  return { User: { byName: { name, input: lookup.kind === 'input' ? orNone(lookup.index) : -1 } } }
}

/** -1: the time at which it is made. */
function timeJson(timestampNs: bigint | undefined): number {
  return timestampNs === undefined ? -1 : Number(timestampNs)
}

function orNone(value: number): number | undefined {
  return value === 0 ? undefined : value
}

function orAbsent<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}
