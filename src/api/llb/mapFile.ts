import { parseFileMode, type FileMode } from '../../ground/fileMode.ts'
import { cleanPath } from '../../ground/posixPath.ts'
import { isSameBase } from '../../graph/actionBase.ts'
import type { ActionBase, CopyAction, FileAction, FileOp, Owner } from '../../graph/vertex.ts'
import type { ChownOpt, FileAction as ActionMessage, FileActionCopy, FileOp as FileMessage, UserOpt } from '../gen/ops_pb.ts'
import { DefinitionError, type ClientOutput } from './clientGraph.ts'

export interface MappedFile {
  readonly op: FileOp
  readonly outputs: readonly ClientOutput[]
  readonly name: string
}

/** @throws DefinitionError */
export function mapFile({ actions }: FileMessage, inputCount: number): MappedFile {
  if (actions.length === 0) throw new DefinitionError('invalid file op with no actions')
  const mapped = actions.map((action, index) => mapAction(action, { inputCount, index }))
  const outputs = mapped.flatMap(({ output }) => output ?? []).sort((a, b) => a - b)
  if (outputs.length === 0) throw new DefinitionError('no outputs specified')
  const odd = outputs.findIndex((output, index) => output !== index)
  if (odd >= 0) throw new DefinitionError(outputs[odd] === outputs[odd - 1] ? `duplicate output ${odd - 1}` : `missing output index ${odd}`)
  return { op: { kind: 'file', actions: mapped }, outputs: outputs.map((index) => ({ kind: 'own', index })), name: mapped.map(nameOf).join(', ') }
}

/** Where in the op an action is. */
interface ActionPlace {
  readonly inputCount: number
  readonly index: number
}

function mapAction({ input, secondaryInput, output, action }: ActionMessage, place: ActionPlace): FileAction {
  const common = { base: toBase(input, place), output: toOutput(output) }
  switch (action.case) {
    case 'copy':
      return mapCopy(action.value, { ...common, from: toBase(secondaryInput, place) }, place)
    case 'mkfile': {
      const { path, mode, data, owner, timestamp } = action.value
      return { kind: 'mkfile', ...common, path: absolute(path), mode: permissions(mode), data, owner: toOwner(owner, place), timestampNs: toTime(timestamp) }
    }
    case 'mkdir': {
      const { path, mode, makeParents, owner, timestamp } = action.value
      return { kind: 'mkdir', ...common, path: absolute(path), mode: permissions(mode), makeParents, owner: toOwner(owner, place), timestampNs: toTime(timestamp) }
    }
    case 'symlink': {
      const { oldpath, newpath, owner, timestamp } = action.value
      return { kind: 'symlink', ...common, path: absolute(newpath), linkTarget: oldpath, owner: toOwner(owner, place), timestampNs: toTime(timestamp) }
    }
    case 'rm': {
      const { path, allowNotFound, allowWildcard } = action.value
      return { kind: 'rm', ...common, path: absolute(path), allowNotFound, allowWildcard }
    }
    case undefined:
      throw new DefinitionError(`action ${place.index} of a file op is of no known kind`)
  }
}

function mapCopy(copy: FileActionCopy, { base, from, output }: Pick<CopyAction, 'base' | 'from' | 'output'>, place: ActionPlace): CopyAction {
  return {
    kind: 'copy',
    base,
    from,
    output,
    source: absoluteKeepingEnd(copy.src),
    target: absoluteKeepingEnd(copy.dest),
    owner: toOwner(copy.owner, place),
    mode: toMode(copy),
    timestampNs: toTime(copy.timestamp),
    followSymlinks: copy.followSymlink,
    copyFolderContents: copy.dirCopyContents,
    unpackArchives: copy.attemptUnpackDockerCompatibility,
    createTargetPath: copy.createDestPath,
    allowWildcard: copy.allowWildcard,
    allowEmptyWildcard: copy.allowEmptyWildcard,
    includePatterns: copy.includePatterns,
    excludePatterns: copy.excludePatterns,
    requiredPaths: copy.requiredPaths.map(absolute),
    replacesTargets: copy.alwaysReplaceExistingDestPaths,
  }
}

/** Inputs come first, then what earlier actions have made. */
function toBase(index: bigint, { inputCount, index: own }: ActionPlace): ActionBase {
  if (index === -1n) return { kind: 'scratch' }
  const at = Number(index)
  if (at >= 0 && at < inputCount) return { kind: 'input', index: at }
  if (at >= inputCount && at - inputCount < own) return { kind: 'action', index: at - inputCount }
  throw new DefinitionError(at - inputCount === own ? `loop from index ${index}` : `invalid input index ${index} of action ${own} in a file op with ${inputCount} inputs`, { hint: 'an action stands on inputs of its op, and on actions before it' })
}

function toOutput(output: bigint): number | undefined {
  if (output === -1n) return undefined
  if (output < 0n) throw new DefinitionError(`invalid output index ${output} in a file op`)
  return Number(output)
}

/** -1: as it comes. */
function toTime(timestamp: bigint): bigint | undefined {
  return timestamp === -1n ? undefined : timestamp
}

function toMode({ mode, modeStr }: FileActionCopy): FileMode | undefined {
  if (modeStr !== '') return parseFileMode(modeStr)
  return mode === -1 ? undefined : { kind: 'absolute', bits: permissions(mode) }
}

function permissions(mode: number): number {
  return mode & 0o7777
}

function absolute(path: string): string {
  return cleanPath(`/${path}`)
}

/** What a path ends with counts: `/` means a folder, `/.` what is in it. */
function absoluteKeepingEnd(path: string): string {
  const clean = absolute(path)
  if (clean === '/') return path.endsWith('/.') ? '/.' : '/'
  return path.endsWith('/.') ? `${clean}/.` : path.endsWith('/') ? `${clean}/` : clean
}

const ROOT_USER = '0'
const NOWHERE: ActionBase = { kind: 'scratch' }

/** Whoever is not named is root, but for the group of a user, which is the user's own. */
function toOwner(owner: ChownOpt | undefined, place: ActionPlace): Owner | undefined {
  const [user, group] = [toName(owner?.user, place), toName(owner?.group, place)]
  if (user === undefined) return group === undefined ? undefined : { user: ROOT_USER, group: group.name, lookup: group.lookup }
  if (group === undefined) return { user: user.name, group: undefined, lookup: user.lookup }
  const isElsewhere = group.lookup.kind !== 'scratch' && !isSameBase(group.lookup, user.lookup)
  return { user: user.name, group: group.name, lookup: user.lookup, ...(isElsewhere && { groupLookup: group.lookup }) }
}

interface OwnerName {
  readonly name: string
  readonly lookup: ActionBase
}

function toName(option: UserOpt | undefined, place: ActionPlace): OwnerName | undefined {
  switch (option?.user.case) {
    case 'byID':
      return { name: String(option.user.value), lookup: NOWHERE }
    case 'byName': {
      const { name, input } = option.user.value
      if (input < 0n) throw new DefinitionError(`invalid user index ${input}`)
      return { name, lookup: toBase(input, place) }
    }
    case undefined:
      return undefined
  }
}

/** As BuildKit calls it. */
function nameOf(action: FileAction): string {
  switch (action.kind) {
    case 'copy':
      return `copy ${action.source} ${action.target}`
    case 'symlink':
      return `symlink ${action.linkTarget} ${action.path}`
    case 'mkdir':
    case 'mkfile':
    case 'rm':
      return `${action.kind} ${action.path}`
  }
}
