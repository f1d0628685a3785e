import { InvalidValueError } from '../../../ground/errors.ts'
import { formatPlatform } from '../../../ground/platform.ts'
import type { Mount, Output, SecretVariable } from '../../../graph/vertex.ts'
import { at } from '../../dockerfileError.ts'
import type { RunInstruction } from '../../instructions/instruction.ts'
import { cleanPath, resolvePath } from '../../../ground/posixPath.ts'
import { contextPathsOf } from './contextPaths.ts'
import { readMountOptions, type MountOptions } from './mountOptions.ts'
import type { PlannedStep, StepSource } from '../plan.ts'
import { expandIn, workingFolder, type StageContext, type StageState } from '../stageState.ts'

/** All that a RUN mounts, its root first. */
export interface RunMounts {
  readonly inputs: readonly Output[]
  readonly mounts: readonly Mount[]
  readonly secretEnv: readonly SecretVariable[]
  /** What it needs of the build context, absolute. */
  readonly contextPaths: readonly string[]
}

/** A `--mount` of the instruction being lowered. */
interface WrittenMount {
  readonly options: MountOptions
  readonly source: StepSource
  /** Of `source`, variables not yet expanded. */
  readonly writtenSource: string
}

/** @throws DockerfileError */
export function lowerMounts(state: StageState, instruction: RunInstruction, step: PlannedStep, context: StageContext): RunMounts {
  const { span } = instruction
  const expand = (text: string): string => expandIn(state, text, span, context)
  const written = instruction.mounts.map((flag, index): WrittenMount => ({
    options: at(span, () => readMountOptions(flag, expand)),
    source: step.mountSources[index] ?? { kind: 'context' },
    writtenSource: flag.fields.findLast(({ key }) => key === 'source' || key === 'src')?.value ?? '',
  }))
  const inputs = createInputList(state.root)
  const sockets = written.filter(({ options }) => options.type === 'ssh')
  const mounts = written.flatMap((mount) => at(span, () => lowerMount(mount, sockets.indexOf(mount), { state, context, inputs, step })) ?? [])
  const contextual = written.filter(({ source, options }) => source.kind === 'context' && options.type === 'bind')
  return {
    inputs: inputs.list,
    mounts: [{ kind: 'bind', input: inputs.add(state.root), selector: '', target: '/', readonly: false, isOutput: true }, ...mounts],
    secretEnv: written.flatMap(({ options }) => secretVariable(options)),
    contextPaths: contextPathsOf(state, contextual.map(({ writtenSource }) => writtenSource), { escape: context.escape, isDeep: false }),
  }
}

interface MountPlace {
  readonly state: StageState
  readonly context: StageContext
  readonly inputs: InputList
  readonly step: PlannedStep
}

/** Undefined for a secret that is a variable only. `socket` is the number of an ssh mount among its kind. @throws InvalidValueError */
function lowerMount(mount: WrittenMount, socket: number, place: MountPlace): Mount | undefined {
  const { options } = mount
  const target = resolvePath(workingFolder(place.state), options.target)
  switch (options.type) {
    case 'bind':
      return { kind: 'bind', ...inputOf(mount, place), target: checkedTarget(target), readonly: options.readonly, isOutput: false }
    case 'cache':
      return { kind: 'cache', ...cacheInput(mount, place), target: checkedTarget(target), readonly: options.readonly, cacheId: cacheIdOf(options, place), sharing: options.sharing }
    case 'tmpfs':
      return { kind: 'tmpfs', target: checkedTarget(target), readonly: options.readonly, sizeBytes: options.sizeBytes }
    case 'secret':
      if (options.env !== undefined && options.target === '') return undefined
      return { kind: 'secret', secretId: secretIdOf(options), ...clientFile(options, 0o400), target: options.target === '' ? `/run/secrets/${lastName(secretIdOf(options))}` : checkedTarget(target) }
    case 'ssh':
      return { kind: 'ssh', agentId: options.id === '' ? 'default' : options.id, ...clientFile(options, 0o600), target: options.target === '' ? `/run/buildkit/ssh_agent.${socket}` : checkedTarget(target) }
  }
}

function checkedTarget(target: string): string {
  if (target === '/') throw new InvalidValueError('invalid mount target "/"', { hint: 'the root is the image: write target=/some/folder' })
  return target
}

function clientFile({ uid = 0, gid = 0, mode, isRequired }: MountOptions, defaultMode: number): { readonly uid: number; readonly gid: number; readonly mode: number; readonly isOptional: boolean } {
  return { uid, gid, mode: mode ?? defaultMode, isOptional: !isRequired }
}

interface MountInput {
  readonly input: number | undefined
  readonly selector: string
}

function inputOf({ options, source }: WrittenMount, { context, inputs, step }: MountPlace): MountInput {
  const path = cleanPath(`/${options.source}`)
  return { input: inputs.add(context.sourceRoot(source, step.instruction.span)), selector: path === '/' ? '' : path }
}

const PERMISSIONS_NOTE = { name: '[internal] settings cache mount permissions', ignoreCache: false, span: undefined } as const

/** Without `from` a cache begins empty. Mode and owner make a folder for it to begin with, unless it begins with a folder that is there. */
function cacheInput(mount: WrittenMount, place: MountPlace): MountInput {
  const { options, source } = mount
  const begun: WrittenMount = { ...mount, source: source.kind === 'context' ? { kind: 'scratch' } : source }
  const { mode = 0o755, uid = 0, gid = 0 } = options
  const isPlain = options.mode === undefined && options.uid === undefined && options.gid === undefined
  if (isPlain || cleanPath(`/${options.source}`) !== '/') return inputOf(begun, place)
  const { context, inputs, step } = place
  const base = context.sourceRoot(begun.source, step.instruction.span)
  const lookup = base === undefined ? ({ kind: 'scratch' } as const) : ({ kind: 'input', index: 0 } as const)
  const action = { kind: 'mkdir', base: lookup, output: 0, path: '/cache', mode, makeParents: false, timestampNs: undefined, owner: { user: String(uid), group: String(gid), lookup } } as const
  const folder = context.graph.add({ op: { kind: 'file', actions: [action] }, inputs: base === undefined ? [] : [base], platform: undefined }, PERMISSIONS_NOTE)
  return { input: inputs.add(folder), selector: '/cache' }
}

/** Programs of two platforms would break each other's files, so a cache is a platform's own unless it is given a name. */
function cacheIdOf({ id, target }: MountOptions, { state, context }: MountPlace): string {
  const namespace = context.request.buildArgs.get('BUILDKIT_CACHE_MOUNT_NS') ?? ''
  const own = id === '' ? `${cleanPath(target)} (${formatPlatform(state.platform)})` : id
  return namespace === '' ? own : `${namespace}/${own}`
}

/** By which the client knows it. */
export function secretIdOf({ id, source, target }: MountOptions): string {
  return [source, id].find((name) => name !== '') ?? lastName(target)
}

function lastName(path: string): string {
  return cleanPath(path).split('/').at(-1) ?? ''
}

function secretVariable(options: MountOptions): readonly SecretVariable[] {
  if (options.env === undefined) return []
  return [{ name: options.env, secretId: secretIdOf(options), isOptional: !options.isRequired }]
}

interface InputList {
  readonly list: readonly Output[]
  /** Its number; the same for the same output. Undefined for undefined. */
  add(output: Output | undefined): number | undefined
}

function createInputList(root: Output | undefined): InputList {
  const list = root === undefined ? [] : [root]
  return {
    list,
    add(output) {
      if (output === undefined) return undefined
      const known = list.findIndex(({ vertex, index }) => vertex === output.vertex && index === output.index)
      return known >= 0 ? known : list.push(output) - 1
    },
  }
}
