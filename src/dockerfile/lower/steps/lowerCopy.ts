import { parseFileMode } from '../../../ground/fileMode.ts'
import { redactUrls } from '../../../ground/urlText.ts'
import type { ActionBase, CopyAction, FileAction, Output, Owner, VertexNote } from '../../../graph/vertex.ts'
import { at, DockerfileError } from '../../dockerfileError.ts'
import type { CopyInstruction, WorkdirInstruction } from '../../instructions/instruction.ts'
import { resolvePath } from '../../../ground/posixPath.ts'
import { contextPathsOf } from './contextPaths.ts'
import { checkChecksum, lowerHeredoc, lowerSource } from './copySource.ts'
import type { PlannedStep } from '../plan.ts'
import { remoteKind } from './remoteSource.ts'
import { expandIn, withContainer, withHistory, workingFolder, type StageContext, type StageState } from '../stageState.ts'
import { describeInstruction, nameStep } from './stepName.ts'

/** COPY and ADD: one vertex with an action for each source. @throws DockerfileError */
export function lowerCopy(state: StageState, instruction: CopyInstruction, step: PlannedStep, context: StageContext): StageState {
  const { span } = instruction
  const words = expandWords(state, instruction, context)
  const { sources, target } = words
  checkChecksum(words.checksum, sources, instruction)
  const parts = [
    ...sources.map((source) => lowerSource(source, { ...instruction, checksum: words.checksum }, step, context)),
    ...instruction.heredocs.map((heredoc) => lowerHeredoc(heredoc, state, instruction, context)),
  ]
  // As BuildKit, which makes no linked layer of files whose mode it changes
  const isLinked = instruction.isLinked && words.chmod === ''
  if (isLinked) refuseNames(words.chown, instruction)
  const inputs = createInputs(isLinked ? undefined : state.root, parts.map(({ from }) => from))
  const common = {
    kind: 'copy',
    target: targetPath(state, target, parts.length),
    owner: ownerOf(words.chown, inputs.base),
    mode: words.chmod === '' ? undefined : at(span, () => parseFileMode(words.chmod)),
    timestampNs: timestampOf(context),
    createTargetPath: true,
    excludePatterns: words.excludePatterns,
    replacesTargets: false,
  } as const satisfies Partial<CopyAction>
  const actions = chain(parts.map(({ from, action }) => ({ ...common, ...action, from: inputs.locate(from) })), inputs.base)
  const named = nameStep(state, describeInstruction(step, state, context), { span, isTrigger: step.isTrigger }, context)
  const copied = context.graph.add({ op: { kind: 'file', actions }, inputs: inputs.list, platform: undefined }, named.note)
  const root = isLinked ? addMerge([state.root, copied], linkNote(named.note), context) : copied
  const local = step.source.kind === 'context' ? instruction.sources.filter((_, index) => remoteKind(sources[index] ?? '') === undefined) : []
  const paths = contextPathsOf(state, local, { escape: context.escape, isDeep: instruction.keepsParents })
  const contextPaths = new Set([...state.contextPaths, ...paths])
  return withHistory({ ...named.state, root, contextPaths }, formatHistory(instruction, words), 'layer', context)
}

/** There is nothing to look them up in. @throws DockerfileError */
function refuseNames(chown: string, { command, span }: CopyInstruction): void {
  if (/^\d*:?\d*$/.test(chown)) return
  throw new DockerfileError(`--chown=${chown} has a name, and ${command} --link does not look into the files below it`, span, { hint: 'write the numbers of user and group, or leave out --link' })
}

/** `[2/3] LINK COPY --link a b` */
function linkNote(note: VertexNote): VertexNote {
  return { ...note, name: note.name.replace(/^(\[.*?\] )?/, '$1LINK ') }
}

/** Undefined inputs are empty file systems, which change nothing. */
function addMerge(merged: readonly (Output | undefined)[], note: VertexNote, { graph }: StageContext): Output | undefined {
  const inputs = merged.flatMap((output) => output ?? [])
  return inputs.length > 1 ? graph.add({ op: { kind: 'merge' }, inputs, platform: undefined }, note) : inputs[0]
}

/** An instruction's words with the stage's variables; '' is a flag that is not there. */
interface CopyWords {
  readonly sources: readonly string[]
  readonly target: string
  readonly chown: string
  readonly chmod: string
  readonly checksum: string
  readonly excludePatterns: readonly string[]
}

function expandWords(state: StageState, { sources, target, chown = '', chmod = '', checksum = '', excludePatterns, span }: CopyInstruction, context: StageContext): CopyWords {
  const expandWord = (text: string): string => expandIn(state, text, span, context)
  return { sources: sources.map(expandWord), target: expandWord(target), chown: expandWord(chown), chmod: expandWord(chmod), checksum: expandWord(checksum), excludePatterns: excludePatterns.map(expandWord) }
}

function formatHistory({ command, keepsParents, heredocs }: CopyInstruction, { sources, target, chown, chmod }: CopyWords): string {
  const flags = [...(keepsParents ? ['--parents'] : []), ...(chown === '' ? [] : [`--chown=${chown}`]), ...(chmod === '' ? [] : [`--chmod=${chmod}`])]
  return [command, ...flags, ...sources.map(redactUrls), ...heredocs.map(({ terminator }) => `<<${terminator}`), target, '# buildkit'].join(' ')
}

/** With SOURCE_DATE_EPOCH all that a step makes has that time. */
function timestampOf({ scope: { epochSeconds } }: StageContext): bigint | undefined {
  return epochSeconds === undefined ? undefined : BigInt(epochSeconds) * 1_000_000_000n
}

/** WORKDIR: a folder that is made where it is not there, for the user of the time. @throws DockerfileError */
export function lowerWorkdir(state: StageState, instruction: WorkdirInstruction, step: PlannedStep, context: StageContext): StageState {
  const { span } = instruction
  const path = resolvePath(workingFolder(state), expandIn(state, instruction.path, span, context))
  const moved = withContainer(state, { workingDir: path })
  if (path === '/') return withHistory(moved, `WORKDIR ${path}`, 'no-layer', context)
  const inputs = createInputs(state.root, [])
  const actions = chain([{ kind: 'mkdir', path, mode: 0o755, makeParents: true, owner: ownerOf(state.image.container.user, inputs.base), timestampNs: timestampOf(context) }], inputs.base)
  const named = nameStep(moved, describeInstruction(step, state, context), { span, isTrigger: step.isTrigger }, context)
  const note = { ...named.note, ignoreCache: false } // making a folder gives the same folder
  const root = context.graph.add({ op: { kind: 'file', actions }, inputs: inputs.list, platform: undefined }, note)
  return withHistory({ ...named.state, root }, `WORKDIR ${path}`, 'layer', context)
}

interface FileInputs {
  readonly list: readonly Output[]
  readonly base: ActionBase
  /** Where an action finds one of them; undefined is nothing. */
  locate(output: Output | undefined): ActionBase
}

function createInputs(base: Output | undefined, froms: readonly (Output | undefined)[]): FileInputs {
  const list = [base, ...froms].flatMap((output) => output ?? [])
  const distinct = list.filter((output, index) => list.findIndex((other) => isSame(other, output)) === index)
  const locate = (output: Output | undefined): ActionBase =>
    output === undefined ? { kind: 'scratch' } : { kind: 'input', index: distinct.findIndex((other) => isSame(other, output)) }
  return { list: distinct, base: locate(base), locate }
}

function isSame(a: Output, b: Output): boolean {
  return a.vertex === b.vertex && a.index === b.index
}

type ActionBody = { [K in FileAction['kind']]: Omit<Extract<FileAction, { readonly kind: K }>, 'base' | 'output'> }[FileAction['kind']]

/** Each action works on the result of the one before; the last one's is the vertex's. */
function chain(actions: readonly ActionBody[], base: ActionBase): readonly FileAction[] {
  return actions.map((action, index) => ({
    ...action,
    base: index === 0 ? base : { kind: 'action', index: index - 1 },
    output: index === actions.length - 1 ? 0 : undefined,
  }))
}

/** From the working folder; with a `/` at the end where it must be a folder. */
function targetPath(state: StageState, text: string, sourceCount: number): string {
  const isFolder = sourceCount > 1 || text === '' || /(?:^|\/)\.{0,2}$/.test(text)
  const path = resolvePath(workingFolder(state), text)
  return isFolder && path !== '/' ? `${path}/` : path
}

/** `user[:group]`; '' is root. */
function ownerOf(text: string | undefined, lookup: ActionBase): Owner | undefined {
  if (text === undefined || text === '') return undefined
  const colon = text.indexOf(':')
  const user = colon < 0 ? text : text.slice(0, colon)
  const group = colon < 0 ? '' : text.slice(colon + 1)
  return { user: user === '' ? '0' : user, group: group === '' ? undefined : group, lookup }
}
