import { DEFAULT_PATH } from '../../ground/oci/defaultPath.ts'
import { EMPTY_CONTAINER_CONFIG, type ContainerConfig, type HistoryEntry, type ImageConfig } from '../../ground/oci/imageConfig.ts'
import type { Platform } from '../../ground/platform.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { formatEpochTime } from '../../ground/quantity/sourceDateEpoch.ts'
import type { GraphBuilder } from '../../graph/graphBuilder.ts'
import type { Output } from '../../graph/vertex.ts'
import { at } from '../dockerfileError.ts'
import { expand, type EscapeCharacter } from '../words/expand.ts'
import type { GlobalScope } from './globalScope.ts'
import type { StepSource } from './plan.ts'
import type { LowerRequest } from './request.ts'
import type { TargetVariables } from './targetVariables.ts'
import type { TwinRoot } from './twins/twinRequest.ts'

/** A stage after some of its instructions. Each instruction makes the next state of the one before. */
export interface StageState {
  /** Its files; undefined is none. */
  readonly root: Output | undefined
  readonly platform: Platform
  readonly image: Omit<ImageConfig, 'platform' | 'created'>
  /** What a RUN sees, and what variables mean: the image's ENV with the ARGs declared so far. */
  readonly env: ReadonlyMap<string, string>
  /** The ARGs declared so far, in order, with the values they were given. */
  readonly buildArgs: ReadonlyMap<string, string | undefined>
  readonly targetVariables: TargetVariables
  /** `->arm64`, once a step has run that knows a target other than its own platform; else ''. */
  readonly targetSuffix: string
  /** What COPY and ADD take from the build context, absolute. */
  readonly contextPaths: ReadonlySet<string>
  /** Whether a CMD of this stage stands, which ENTRYPOINT does not take away. */
  readonly isCmdSet: boolean
  /** How many steps have a name with a number already. */
  readonly namedSteps: number
  /** Where the steps stand that made layers on top of the base image's, lowest first. */
  readonly layerSpans: readonly SourceSpan[]
}

/** What stays the same while a stage is lowered. */
export interface StageContext {
  readonly request: LowerRequest
  readonly escape: EscapeCharacter
  readonly scope: GlobalScope
  readonly graph: GraphBuilder
  /** As in step names: '' where the Dockerfile has one stage only. */
  readonly displayName: string
  readonly stepCount: number
  readonly ignoreCache: boolean
  /** Where the twins of the step's processes are from. */
  readonly twin: TwinRoot | undefined
  /** The files of a stage, an image or the context; undefined where there are none. */
  sourceRoot(source: StepSource, span: SourceSpan): Output | undefined
}

/** `FROM scratch`. */
export function scratchState(platform: Platform): StageState {
  const container = { ...EMPTY_CONTAINER_CONFIG, workingDir: '/' }
  return initialState(undefined, platform, { osFeatures: [], author: undefined, container, diffIds: [], history: [] })
}

/** A stage on an image. Its ONBUILD triggers have become steps of the stage. */
export function imageState(root: Output | undefined, platform: Platform, { osFeatures, author, container, diffIds, history }: ImageConfig): StageState {
  return initialState(root, platform, { osFeatures, author, container: { ...container, onBuild: [] }, diffIds, history })
}

function initialState(root: Output | undefined, platform: Platform, image: StageState['image']): StageState {
  const hasPath = image.container.env.some((variable) => variable.startsWith('PATH='))
  const env = hasPath || platform.os === 'windows' ? image.container.env : [...image.container.env, `PATH=${DEFAULT_PATH}`]
  return {
    root,
    platform,
    image: { ...image, container: { ...image.container, env } },
    env: new Map(env.map(splitVariable)),
    buildArgs: new Map(),
    targetVariables: new Map(),
    targetSuffix: '',
    contextPaths: new Set(),
    isCmdSet: false,
    namedSteps: 0,
    layerSpans: [],
  }
}

/** A stage on another stage: it has its arguments too, and its ENV wins over them. */
export function derivedState(base: StageState): StageState {
  const { container } = base.image
  return {
    ...base,
    image: { ...base.image, container: { ...container, onBuild: [] } },
    env: new Map([...base.env, ...container.env.map(splitVariable)]),
    contextPaths: new Set(),
    isCmdSet: false,
    namedSteps: 0,
  }
}

/** `KEY=value` in its parts. */
export function splitVariable(variable: string): [name: string, value: string] {
  const equals = variable.indexOf('=')
  return equals < 0 ? [variable, ''] : [variable.slice(0, equals), variable.slice(equals + 1)]
}

/** The folder in which commands run and from which relative paths go. */
export function workingFolder(state: StageState): string {
  const folder = state.image.container.workingDir ?? ''
  return folder === '' ? '/' : folder
}

export function withContainer(state: StageState, change: Partial<ContainerConfig>): StageState {
  return { ...state, image: { ...state.image, container: { ...state.image.container, ...change } } }
}

/** `layer` tells whether the step made one. */
export function withHistory(state: StageState, createdBy: string, layer: 'layer' | 'no-layer', { scope: { epochSeconds } }: StageContext): StageState {
  const created = epochSeconds === undefined ? undefined : formatEpochTime(epochSeconds)
  const entry: HistoryEntry = { created, createdBy, author: undefined, comment: 'buildkit.dockerfile.v0', emptyLayer: layer === 'no-layer' }
  return { ...state, image: { ...state.image, history: [...state.image.history, entry] } }
}

/** `text` with the stage's variables. @throws DockerfileError */
export function expandIn(state: StageState, text: string, span: SourceSpan, { escape }: StageContext): string {
  return at(span, () => expand(text, state.env, { escape }).text)
}
