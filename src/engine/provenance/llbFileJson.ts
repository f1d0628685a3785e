import type { Json } from '../../ground/canonicalJson.ts'
import type { ActionBase, CopyAction, FileAction, Owner } from '../../graph/vertex.ts'
import { NO_INPUT, withoutZeros } from './llbFields.ts'

/** What a FileOp does, as LLB has it. Pure. */
export function formatFileActions(actions: readonly FileAction[]): Json {
  const used = actions.flatMap((action) => [action.base, ...(action.kind === 'copy' ? [action.from] : [])])
  const inputCount = Math.max(0, ...used.flatMap((base) => (base.kind === 'input' ? [base.index + 1] : [])))
  // results of actions are counted behind the inputs of the vertex
  const numberOf: NumberOf = (base) => (base.kind === 'scratch' ? NO_INPUT : base.kind === 'input' ? base.index : inputCount + base.index)
  return actions.map((action) => ({
    input: numberOf(action.base),
    secondaryInput: action.kind === 'copy' ? numberOf(action.from) : NO_INPUT,
    output: action.output ?? NO_INPUT,
    Action: { [action.kind]: formatWork(action, numberOf) },
  }))
}

type NumberOf = (base: ActionBase) => number

function formatWork(action: FileAction, numberOf: NumberOf): Json {
  switch (action.kind) {
    case 'copy':
      return formatCopy(action, numberOf)
    case 'mkdir':
      return withoutZeros({ path: action.path, mode: action.mode, makeParents: action.makeParents, ...made(action, numberOf) })
    case 'mkfile':
      return withoutZeros({ path: action.path, mode: action.mode, data: Buffer.from(action.data).toString('base64'), ...made(action, numberOf) })
    case 'symlink':
      return withoutZeros({ oldpath: action.linkTarget, newpath: action.path, ...made(action, numberOf) })
    case 'rm':
      return withoutZeros({ path: action.path, allowNotFound: action.allowNotFound, allowWildcard: action.allowWildcard })
  }
}

function formatCopy(action: CopyAction, numberOf: NumberOf): Json {
  const { mode } = action
  return withoutZeros({
    src: action.source,
    dest: action.target,
    mode: mode?.kind === 'absolute' ? mode.bits : NO_INPUT,
    modeStr: mode?.kind === 'symbolic' ? mode.text : '',
    followSymlink: action.followSymlinks,
    dirCopyContents: action.copyFolderContents,
    attemptUnpackDockerCompatibility: action.unpackArchives,
    createDestPath: action.createTargetPath,
    allowWildcard: action.allowWildcard,
    allowEmptyWildcard: action.allowEmptyWildcard,
    includePatterns: action.includePatterns,
    excludePatterns: action.excludePatterns,
    requiredPaths: action.requiredPaths,
    alwaysReplaceExistingDestPaths: action.replacesTargets,
    ...made(action, numberOf),
  })
}

/** Whose it is, and its time, in nanoseconds. */
function made({ owner, timestampNs }: { readonly owner: Owner | undefined; readonly timestampNs: bigint | undefined }, numberOf: NumberOf): Readonly<Record<string, Json | undefined>> {
  return { owner: owner === undefined ? undefined : formatOwner(owner, numberOf), timestamp: timestampNs === undefined ? NO_INPUT : Number(timestampNs) }
}

function formatOwner({ user, group, lookup }: Owner, numberOf: NumberOf): Json {
  const told = (name: string): Json => ({ User: /^\d+$/.test(name) ? { byID: Number(name) } : { byName: { name, input: numberOf(lookup) } } })
  return { user: told(user), group: told(group ?? user) }
}
