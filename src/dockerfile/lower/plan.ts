import { BuildError } from '../../ground/errors.ts'
import { parsePlatform, type Platform } from '../../ground/platform.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { Dockerfile, Stage } from '../dockerfile.ts'
import { at, DockerfileError } from '../dockerfileError.ts'
import { expand, type Expansion } from '../words/expand.ts'
import type { FromInstruction, StageInstruction } from '../instructions/instruction.ts'
import { suggest } from '../../ground/suggestion.ts'
import type { GlobalScope } from './globalScope.ts'
import type { BuiltImage, FilesContext } from './contexts/namedContext.ts'

/** A stage with its references to others found: what there is to do, before any image is looked up. */
export interface PlannedStage {
  readonly index: number
  readonly from: FromInstruction
  readonly base: StageBase
  /** Of `--platform`. */
  readonly platform: Platform | undefined
  readonly steps: readonly PlannedStep[]
  /** Whether a named context stands in the stage's place. */
  readonly isReplaced: boolean
}

export type StageBase = StageReference | ImageReference | ScratchBase | FilesBase | BuiltBase

export interface StageReference {
  readonly kind: 'stage'
  readonly index: number
}

export interface ImageReference {
  readonly kind: 'image'
  /** As the user wrote it. */
  readonly written: string
  /** In full. */
  readonly reference: string
}

export interface ScratchBase {
  readonly kind: 'scratch'
}

/** A named context that is no image. */
export interface FilesBase {
  readonly kind: 'files'
  readonly files: FilesContext
}

/** A named context that is the result of another build. */
export interface BuiltBase {
  readonly kind: 'built'
  /** As the user wrote the name that it stands for. */
  readonly written: string
  readonly image: BuiltImage
}

export interface PlannedStep {
  readonly instruction: StageInstruction
  /** Whether it comes from an ONBUILD of the base. */
  readonly isTrigger: boolean
  /** Where COPY and ADD copy from; `context` for all else. */
  readonly source: StepSource
  /** What each mount of a RUN is of; `context` where it names nothing. */
  readonly mountSources: readonly StepSource[]
}

export type StepSource = StageBase | { readonly kind: 'context' }

/** @throws DockerfileError */
export function planStages(dockerfile: Dockerfile, scope: GlobalScope): readonly PlannedStage[] {
  const named = new Map<string, number>()
  const bases = dockerfile.stages.map((stage) => {
    const base = planBase(stage.from, { dockerfile, scope, named })
    if (stage.from.stageName !== '') named.set(stage.from.stageName, stage.index)
    return base
  })
  return dockerfile.stages.map((stage, index) => ({
    index,
    from: stage.from,
    base: bases[index] ?? { kind: 'scratch' },
    platform: planPlatform(stage.from, dockerfile, scope),
    steps: stage.instructions.map((instruction) => planStep(instruction, dockerfile.stages, false)),
    isReplaced: false,
  }))
}

interface BasePlace {
  readonly dockerfile: Dockerfile
  readonly scope: GlobalScope
  /** The stages so far. */
  readonly named: ReadonlyMap<string, number>
}

function planBase(from: FromInstruction, { dockerfile, scope, named }: BasePlace): StageBase {
  const expansion = at(from.span, () => expand(from.base, scope.variables, dockerfile))
  if (expansion.text === '') {
    throw new DockerfileError(`base name (${from.base}) should not be blank`, from.span, { hint: hintUnmatched(expansion, scope) ?? 'give the ARG a default before the first FROM' })
  }
  const stage = named.get(expansion.text.toLowerCase())
  return stage === undefined ? readBase(expansion.text, from.span) : { kind: 'stage', index: stage }
}

function planPlatform(from: FromInstruction, dockerfile: Dockerfile, scope: GlobalScope): Platform | undefined {
  const written = from.platform
  if (written === undefined) return undefined
  const expansion = at(from.span, () => expand(written, scope.variables, dockerfile))
  if (expansion.text === '') throw new DockerfileError(`empty platform value from expression ${written}`, from.span, { hint: hintUnmatched(expansion, scope) })
  try {
    return parsePlatform(expansion.text)
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    const hint = hintUnmatched(expansion, scope) ?? error.hint
    throw new DockerfileError(`failed to parse platform ${written}: ${error.message}`, from.span, { hint, cause: error })
  }
}

function hintUnmatched({ unmatched }: Expansion, scope: GlobalScope): string | undefined {
  for (const name of unmatched) {
    const hint = suggest(name, scope.variables.keys())
    if (hint !== undefined) return hint
  }
  return undefined
}

/** @throws DockerfileError where `text` is no reference */
function readBase(text: string, span: SourceSpan): ImageReference | ScratchBase {
  if (text === 'scratch') return { kind: 'scratch' }
  return { kind: 'image', written: text, reference: at(span, () => formatReference(parseReference(text))) }
}

/** `stages` are those that `--from` may name. @throws DockerfileError */
export function planStep(instruction: StageInstruction, stages: readonly Stage[], isTrigger: boolean): PlannedStep {
  const sourceOf = (from: string | undefined): StepSource => (from === undefined ? { kind: 'context' } : planSource(instruction, from, stages))
  const mountSources = instruction.kind === 'run' ? instruction.mounts.map(({ from }) => sourceOf(from)) : []
  return { instruction, isTrigger, source: sourceOf(instruction.kind === 'copy' ? instruction.from : undefined), mountSources }
}

function planSource({ span }: StageInstruction, from: string, stages: readonly Stage[]): StageBase {
  if (from.includes('$')) {
    throw new DockerfileError('variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround', span)
  }
  if (/^[+-]?\d+$/.test(from)) {
    const index = Number(from)
    if (index < 0 || index >= stages.length) throw new DockerfileError(`invalid stage index ${index}`, span, { hint: `the stages are numbered from 0 to ${stages.length - 1}` })
    return { kind: 'stage', index }
  }
  const stage = stages.findLast((candidate) => candidate.from.stageName === from.toLowerCase())
  return stage === undefined ? readBase(from, span) : { kind: 'stage', index: stage.index }
}

/** The stage to be built. @throws DockerfileError where there is none of that name */
export function findTarget(stages: readonly PlannedStage[], name: string | undefined): PlannedStage {
  const last = stages.at(-1)
  if (last === undefined) throw new TypeError('a Dockerfile without stages')
  if (name === undefined || name === '') return last
  const found = stages.findLast(({ from }) => from.stageName === name.toLowerCase()) ?? stages.find(({ index }) => String(index) === name)
  if (found !== undefined) return found
  const names = stages.flatMap(({ from }) => (from.stageName === '' ? [] : [from.stageName]))
  const all = names.length === 0 ? 'no stage has a name: add one with FROM image AS name' : `the stages are ${names.join(', ')}`
  const nearest = suggest(name, names)
  throw new DockerfileError(`target stage ${JSON.stringify(name)} could not be found`, last.from.span, { hint: nearest === undefined ? all : `${nearest} ${all}` })
}
