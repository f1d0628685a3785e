import { basename, dirname, join } from 'node:path/posix'
import { formatWarning } from '../../dockerfile/dockerfileWarning.ts'
import { parseIgnoreFile } from '../../dockerfile/ignorefile.ts'
import { distinctWarnings } from '../../dockerfile/lint/lintDockerfile.ts'
import type { BuiltImage, InputPart, NamedContexts } from '../../dockerfile/lower/contexts/namedContext.ts'
import { CONTEXT_FILE, type RemoteContext } from '../../dockerfile/lower/contexts/remoteContext.ts'
import { lowerDockerfile, type LoweredImage, type LowerRequest, type ResolvedImage } from '../../dockerfile/lower.ts'
import type { Executor } from '../../executor/executor.ts'
import type { Source } from '../../graph/vertex.ts'
import type { Digest } from '../../ground/digest.ts'
import { InvalidValueError } from '../../ground/errors.ts'
import { formatPlatform, type Platform } from '../../ground/platform.ts'
import { formatReference, parseReference } from '../../ground/reference.ts'
import type { SourceText } from '../../ground/sourceSpan.ts'
import type { ContextFiles } from '../../ops/contextFiles.ts'
import type { ProgressSink } from '../../progress/progressSink.ts'
import { warnOnce } from '../../progress/warnOnce.ts'
import type { Waiter } from '../../solver/vertexStory.ts'
import type { AttestedBuild } from '../attestation/attestedBuild.ts'
import type { ImportedCaches } from '../cache/importCaches.ts'
import type { Built } from '../engine.ts'
import { createStepWatch } from '../provenance/stepWatch.ts'
import type { SbomOrder } from '../sbom/sbomOrder.ts'
import { datedContext, readEpochTime } from './epochTime.ts'
import { fetchContext, withoutShown, type FetchedContext } from './fetchContext.ts'
import type { FrontendAttributes } from './frontendAttributes.ts'
import { DockerfileNotFoundError, readContextIgnore, readDockerfile } from './frontendFiles.ts'
import type { BuildDeps } from './buildDeps.ts'
import { createBuilt } from './built.ts'
import { lowerTargets, type LoweredTarget } from './lowerTargets.ts'
import { contextInputs, readInputDockerfile } from './contextInputs.ts'
import { loadNamedContexts } from './namedContexts.ts'
import { findMissingTwins, tellMissingToolchains, tellMissingTwins } from './missingTwins.ts'
import { runModeOf } from './runModeOf.ts'
import { runStep } from '../stepProgress.ts'

export interface BuildOptions {
  readonly attributes: FrontendAttributes
  readonly sessionId: string
  readonly progress: ProgressSink
  readonly entitlements: readonly string[]
  /** Results of other builds, for contexts that are `input:KEY`. */
  readonly inputs: ReadonlyMap<string, BuiltImage>
  readonly sessionEnded: AbortSignal
  /** By which the build is found in the history. */
  readonly ref: string
  readonly startedAtMs: number
  /** What other machines have built. */
  readonly imported: ImportedCaches | undefined
  /** As of a Waiter. */
  readonly bring: Waiter['bring']
  readonly isShared: boolean
  /** As of LowerRequest. */
  readonly judgeSource: ((source: Source) => Source) | undefined
}

/**
 * From Dockerfile to results: lowers it for each platform, checks that every step can and may run here, and, once
 * somebody asks for it, solves all platforms as one graph. Nothing is pulled before the check.
 */
export async function buildDockerfile(deps: BuildDeps, undated: UndatedText, options: BuildOptions, signal: AbortSignal): Promise<Built> {
  const { attributes, progress, entitlements } = options
  const watch = createStepWatch(warnOnce(progress))
  const text = await dateText(deps, undated, options, signal)
  const targets = await lowerForPlatforms(text, deps, options, signal)
  const lowered = targets.map((target) => target.lowered)
  tellWarnings(lowered, progress)
  await tellMissingTwins(findMissingTwins(targets, (platform) => runModeOf(deps.executor, platform)), progress)
  tellMissingToolchains(targets, attributes, watch.sink)
  const waiter = waiterOf(options, withoutShown(watch.sink, text.shown))
  const platforms = targets.map(({ platform, lowered: image }) => ({ id: formatPlatform(platform), platform, image }))
  const attested: AttestedBuild = { ...options, orders: attributes.attestations, scanner: await resolveScanner(attributes.attestations.sbom, deps, signal), attributes: attributes.given, source: text.source, stagesOf: (image) => lowered.find((known) => known === image)?.stages ?? [], builderPlatform: hostPlatform(deps.executor), watch, waiter }
  return createBuilt(deps, { platforms, isMultiPlatform: attributes.isMultiPlatform, waiter, imported: options.imported, attested, entitlements, auditMode: attributes.audit, epochSeconds: epochOf(lowered) })
}

/** For whom a build is solved. */
export function waiterOf({ sessionId, sessionEnded, imported, bring, isShared }: BuildOptions, progress: ProgressSink): Waiter {
  return { sessionId, progress, held: sessionEnded, imported, bring, isShared }
}

/** Before anything is built. @throws InvalidValueError; BuildError where there is no such image */
export async function resolveScanner(order: SbomOrder | undefined, { resolver, executor }: BuildDeps, signal: AbortSignal): Promise<ResolvedImage | undefined> {
  return order?.generator === undefined ? undefined : await resolver.resolveImage(formatReference(parseReference(order.generator)), hostPlatform(executor), signal)
}

/** For each platform that is asked for; none is the engine's own. */
export async function lowerForPlatforms(text: BuildText, { executor, resolver }: Pick<BuildDeps, 'executor' | 'resolver'>, options: BuildOptions, signal: AbortSignal): Promise<readonly LoweredTarget[]> {
  const host = hostPlatform(executor)
  const { platforms, accelerate } = options.attributes
  return await lowerTargets(platforms.length > 0 ? platforms : [host], { host, executor, accelerate, lower: (platform, twins) => lowerDockerfile({ ...lowerRequest({ text, platform, host }, options), twins }, resolver, signal) })
}

export interface BuildText {
  readonly source: SourceText
  readonly ignorePatterns: readonly string[]
  readonly remoteContext: RemoteContext | undefined
  readonly inputContext: InputPart | undefined
  /** What SOURCE_DATE_EPOCH comes to where it names a context or a stage. */
  readonly epochTimeSeconds: number | undefined
  readonly namedContexts: NamedContexts
  /** Vertices that were worked on to have it. */
  readonly shown: ReadonlySet<Digest>
}

/** With the time that it is of. @throws DockerfileError where it is no Dockerfile */
export async function dateText(deps: BuildDeps, { fetched, ...text }: UndatedText, options: BuildOptions, signal: AbortSignal): Promise<BuildText> {
  const host = hostPlatform(deps.executor)
  const request = lowerRequest({ text: { ...text, epochTimeSeconds: undefined }, platform: options.attributes.platforms[0] ?? host, host }, options)
  const { seconds, shown } = await readEpochTime(deps, { context: fetched, request, waiter: options }, signal)
  return { ...text, epochTimeSeconds: seconds, shown: text.shown.union(shown) }
}

export type UndatedText = Omit<BuildText, 'epochTimeSeconds'> & { readonly fetched: FetchedContext | undefined }

/** Dockerfile and ignore file, from where they are, for whichever frontend. */
export async function loadUndated(deps: BuildDeps, options: BuildOptions, signal: AbortSignal): Promise<UndatedText> {
  const { attributes, sessionId, progress } = options
  const namedContexts = await loadNamedContexts(attributes.namedContexts, { files: deps.files, sessionOf: sessionsOfFolders(options), progress, inputs: options.inputs }, signal)
  if (attributes.remoteContext === undefined) return { ...(await loadInputText(deps, options, signal)), remoteContext: undefined, namedContexts, fetched: undefined }
  const fetched = await fetchContext(deps, datedContext(attributes.remoteContext, attributes.buildArgs), { sessionId, progress, judgeSource: options.judgeSource }, signal)
  const { context, shown } = fetched
  const common = { namedContexts, ignorePatterns: [], remoteContext: context, inputContext: undefined, shown, fetched } // as BuildKit: ignore files are for folders of the client
  const source = attributes.hasOwnDockerfile ? (await loadDockerfile(deps.files, options, signal)).source : await readSource(fetched, attributes.filename, signal)
  return { ...common, source }
}

async function readSource(fetched: FetchedContext, asked: string, signal: AbortSignal): Promise<SourceText> {
  const filename = fetched.isDockerfile ? CONTEXT_FILE : asked
  const names = basename(filename) === 'Dockerfile' ? [filename, join(dirname(filename), 'dockerfile')] : [filename]
  for (const name of names) {
    const text = await fetched.readText(name, signal)
    if (text !== undefined) return { filename, text }
  }
  throw new DockerfileNotFoundError(filename)
}

type ClientText = Pick<BuildText, 'source' | 'ignorePatterns' | 'inputContext' | 'shown'>

/** From the client's folders, and from inputs in the place of one or both. */
async function loadInputText(deps: BuildDeps, options: BuildOptions, signal: AbortSignal): Promise<ClientText> {
  const { context, dockerfile } = contextInputs(options)
  const inputContext = context && { image: context, folder: options.attributes.contextPart }
  if (dockerfile === undefined && context === undefined) return { ...(await loadClientText(deps.files, options, signal)), inputContext, shown: new Set() }
  const { source, ownIgnoreText, shown } = dockerfile === undefined ? { ...(await loadDockerfile(deps.files, options, signal)), shown: new Set<Digest>() } : await readInputDockerfile(deps, dockerfile, options, signal)
  const ignoreText = inputContext === undefined ? (ownIgnoreText ?? (await loadContextIgnore(deps.files, options, signal))) : undefined
  return { source, ignorePatterns: ignoreText === undefined ? [] : parseIgnoreFile(ignoreText), inputContext, shown }
}

function loadContextIgnore(files: ContextFiles, options: BuildOptions, signal: AbortSignal): Promise<string | undefined> {
  const { attributes: { contextFolder }, progress } = options
  return runStep(progress, '[internal] load .dockerignore', () => readContextIgnore(files, { sessionId: sessionsOfFolders(options)(contextFolder), contextFolder }, signal))
}

async function loadClientText(files: ContextFiles, options: BuildOptions, signal: AbortSignal): Promise<Pick<BuildText, 'source' | 'ignorePatterns'>> {
  const [{ source, ownIgnoreText }, contextIgnoreText] = await Promise.all([loadDockerfile(files, options, signal), loadContextIgnore(files, options, signal)])
  const ignoreText = ownIgnoreText ?? contextIgnoreText
  return { source, ignorePatterns: ignoreText === undefined ? [] : parseIgnoreFile(ignoreText) }
}

function loadDockerfile(files: ContextFiles, options: BuildOptions, signal: AbortSignal): ReturnType<typeof readDockerfile> {
  const { attributes: { filename, dockerfileFolder }, progress } = options
  return runStep(progress, `[internal] load build definition from ${filename}`, () => readDockerfile(files, { sessionId: sessionsOfFolders(options)(dockerfileFolder), filename, dockerfileFolder }, signal))
}

/** Which session has a folder of the client: the build's own, but where builds that go together share one. */
export function sessionsOfFolders({ attributes: { folderSessions }, sessionId }: Pick<BuildOptions, 'attributes' | 'sessionId'>): (folder: string) => string {
  return (folder) => folderSessions.get(folder) ?? sessionId
}

export interface LowerFor {
  readonly text: BuildText
  readonly platform: Platform
  readonly host: Platform
}

export function lowerRequest({ text, platform, host }: LowerFor, options: BuildOptions): LowerRequest {
  const { attributes } = options
  const { target, buildArgs, labels, noCache, networkMode, extraHosts, hostname, ulimits, shmSizeBytes, contextFolder } = attributes
  return {
    source: text.source,
    ignorePatterns: text.ignorePatterns,
    remoteContext: text.remoteContext,
    inputContext: text.inputContext,
    namedContexts: text.namedContexts,
    judgeSource: options.judgeSource,
    epochTimeSeconds: text.epochTimeSeconds,
    targetPlatform: platform,
    buildPlatform: host,
    isMultiPlatform: attributes.isMultiPlatform,
    sessionOf: sessionsOfFolders(options),
    sharedKeyHint: contextFolder,
    contextName: contextFolder,
    target,
    buildArgs,
    labels,
    noCache,
    networkMode,
    extraHosts,
    hostname,
    ulimits,
    shmSizeBytes,
    cgroupParent: '',
    isScanned: attributes.attestations.sbom !== undefined,
  }
}

/** One for all platforms: an output has no other. @throws InvalidValueError where the Dockerfile says otherwise */
function epochOf(lowered: readonly LoweredImage[]): number | undefined {
  const epochs = new Set(lowered.map(({ epochSeconds }) => epochSeconds))
  if (epochs.size > 1) throw new InvalidValueError(`SOURCE_DATE_EPOCH depends on the platform: ${[...epochs].join(', ')}`, { hint: 'give it one value for all, or build the platforms one by one' })
  return epochs.values().next().value
}

/** Those that several platforms have in common once. @throws DockerfileError where the Dockerfile wants none */
function tellWarnings(lowered: readonly LoweredImage[], progress: ProgressSink): void {
  for (const warning of distinctWarnings(lowered.flatMap(({ warnings }) => warnings))) {
    progress({ kind: 'warning', vertex: undefined, at: Date.now(), message: formatWarning(warning), detail: [warning.description], url: warning.url, span: warning.span })
  }
  const failed = lowered.find(({ lintError }) => lintError !== undefined)
  if (failed?.lintError !== undefined) throw failed.lintError
}

export function hostPlatform(executor: Pick<Executor, 'platforms'>): Platform {
  const [first] = executor.platforms()
  if (first === undefined) throw new TypeError('an executor runs at least its own platform')
  return { ...first.platform, variant: first.platform.architecture === 'amd64' ? '' : first.platform.variant }
}
