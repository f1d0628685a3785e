import { invalidEpoch, parseEpochSeconds, SOURCE_DATE_EPOCH } from '../../ground/quantity/sourceDateEpoch.ts'
import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { Dockerfile, Stage } from '../dockerfile.ts'
import { at, DockerfileError, located } from '../dockerfileError.ts'
import type { ArgInstruction, CopyInstruction } from '../instructions/instruction.ts'
import { expand } from '../words/expand.ts'
import { findContext } from './contexts/namedContext.ts'
import { CONTEXT_FILE, type RemoteContext } from './contexts/remoteContext.ts'
import type { LowerRequest } from './request.ts'
import { remoteKind, remoteSource } from './steps/remoteSource.ts'

/** What SOURCE_DATE_EPOCH comes to in a build. */
export interface Epoch {
  /** Undefined where the build has none. */
  readonly seconds: number | undefined
  /** The value of the argument, which is a number or ''. */
  readonly value: string
}

/** Where the time is from that SOURCE_DATE_EPOCH names. */
export type EpochOrigin =
  | { readonly kind: 'written'; readonly seconds: number }
  /** What it names has no time. */
  | { readonly kind: 'none' }
  | { readonly kind: 'context' }
  | { readonly kind: 'remote'; readonly context: RemoteContext }

export interface EpochPlace {
  readonly dockerfile: Dockerfile
  readonly request: LowerRequest
  /** Of the global scope. */
  readonly variables: ReadonlyMap<string, string>
}

/** @throws InvalidValueError; DockerfileError, as `findEpochOrigin` */
export function resolveEpoch(value: string, place: EpochPlace): Epoch {
  const origin = findEpochOrigin(value, place)
  const seconds = origin.kind === 'written' ? origin.seconds : origin.kind === 'none' ? undefined : place.request.epochTimeSeconds
  return { seconds, value: String(seconds ?? '') }
}

/**
 * `value` is what `--build-arg`, or else an ARG before the first FROM, says: a number, '' (none, whatever the Dockerfile
 * says), `context` for the time of a remote context (a folder has none), the name of another context, or that of a stage
 * that brings one thing from elsewhere. @throws InvalidValueError; DockerfileError where it is none of these
 */
export function findEpochOrigin(value: string, place: EpochPlace): EpochOrigin {
  if (value === '') return { kind: 'none' }
  if (value === 'context') return { kind: 'context' }
  const seconds = parseEpochSeconds(value)
  if (seconds !== undefined) return { kind: 'written', seconds }
  const { namedContexts, targetPlatform } = place.request
  const named = /^\w/.test(value) ? findContext(namedContexts, value, targetPlatform) : undefined
  if (named !== undefined) return named.kind === 'remote' ? { kind: 'remote', context: named.context } : { kind: 'none' }
  const stage = place.dockerfile.stages.find(({ from }) => from.stageName === value.toLowerCase())
  if (stage !== undefined) return { kind: 'remote', context: remoteOfStage(stage, place) }
  throw explainValue(value, place)
}

function explainValue(value: string, { dockerfile, request }: EpochPlace): unknown {
  const written = dockerfile.globalArgs.find(({ args }) => args.some(({ name }) => name === SOURCE_DATE_EPOCH))
  const error = invalidEpoch(SOURCE_DATE_EPOCH, value)
  return written === undefined || request.buildArgs.has(SOURCE_DATE_EPOCH) ? error : located(error, written.span)
}

/** What the one ADD of the stage brings. */
function remoteOfStage({ from, instructions }: Stage, { dockerfile, request, variables }: EpochPlace): RemoteContext {
  if (at(from.span, () => expand(from.base, variables, dockerfile).text) !== 'scratch') throw unfit(from.span, from.stageName)
  let known = variables
  let found: RemoteContext | undefined
  for (const instruction of instructions) {
    if (instruction.kind === 'arg') known = withArguments(known, instruction, { dockerfile, request, variables })
    else if (instruction.kind === 'copy' && found === undefined) found = addedContext(instruction, known, dockerfile)
    else throw unfit(instruction.span, from.stageName)
    if (instruction.kind === 'copy' && found === undefined) throw unfit(instruction.span, from.stageName)
  }
  if (found === undefined) throw unfit(from.span, from.stageName)
  return found
}

function withArguments(known: ReadonlyMap<string, string>, { args, span }: ArgInstruction, { dockerfile, request }: EpochPlace): ReadonlyMap<string, string> {
  let variables = known
  for (const { name, defaultValue } of args) {
    const value = request.buildArgs.get(name) ?? (defaultValue === undefined ? undefined : at(span, () => expand(defaultValue, variables, dockerfile).text))
    if (value !== undefined) variables = new Map([...variables, [name, value]])
  }
  return variables
}

/** Undefined where it is no ADD of one URL or git reference. */
function addedContext(instruction: CopyInstruction, variables: ReadonlyMap<string, string>, dockerfile: Dockerfile): RemoteContext | undefined {
  const { command, sources, heredocs, span, checksum } = instruction
  const [written = '', ...others] = sources.map((source) => at(span, () => expand(source, variables, dockerfile).text))
  if (command !== 'ADD' || others.length > 0 || heredocs.length > 0 || at(span, () => remoteKind(written)) === undefined) return undefined
  const expected = checksum === undefined ? undefined : at(span, () => expand(checksum, variables, dockerfile).text)
  const { source } = at(span, () => remoteSource(written, { ...instruction, checksum: expected }))
  return { source: source.kind === 'http' ? { ...source, filename: CONTEXT_FILE } : source, written, isArchive: false, folder: '' }
}

function unfit(span: SourceSpan, stageName: string): DockerfileError {
  return new DockerfileError(`${SOURCE_DATE_EPOCH}=${stageName}: the stage has to be FROM scratch with one ADD of a URL or a git repository, and perhaps ARG`, span, { hint: 'write the time in seconds since 1970, or name another stage' })
}
