import { BuildError } from '../ground/errors.ts'
import type { ImageConfig } from '../ground/oci/imageConfig.ts'
import { formatEpochTime, SOURCE_DATE_EPOCH } from '../ground/quantity/sourceDateEpoch.ts'
import { parseDockerfile, type Dockerfile } from './dockerfile.ts'
import type { DockerfileWarning } from './dockerfileWarning.ts'
import { lintError } from './lint/lintDockerfile.ts'
import { createLintNotes, type LintNotes } from './lint/lintNotes.ts'
import type { LintSubject } from './lint/lintSubject.ts'
import { followPathsOf } from './lower/steps/contextPaths.ts'
import { placeContexts } from './lower/contexts/placeContexts.ts'
import type { EpochOrigin } from './lower/epoch.ts'
import { evaluateGlobalScope, findBuildEpoch, withResolvedEpoch } from './lower/globalScope.ts'
import { lowerStages, type LoweredStage, type LowerJob } from './lower/lowerStages.ts'
import { findTarget, planStages } from './lower/plan.ts'
import type { ImageResolver, LoweredImage, LowerRequest } from './lower/request.ts'
import { resolveStages } from './lower/resolveStages.ts'
import type { StageState } from './lower/stageState.ts'
import { resolveToolchain } from './lower/twins/toolchain.ts'
import { resolveTwinBases } from './lower/twins/twinBases.ts'

export { platformMismatch } from './lower/resolveStages.ts'
export type { LoweredStage, LoweredStep } from './lower/lowerStages.ts'
export type { SiblingBuild, TwinKind, TwinRequest } from './lower/twins/twinRequest.ts'
export type { ImageResolver, LoweredImage, LowerRequest, ResolvedImage } from './lower/request.ts'

/** An image to be built, and what it came from. */
export interface LoweredDockerfile extends LoweredImage {
  readonly stages: readonly LoweredStage[]
  readonly subject: LintSubject
}

/**
 * From Dockerfile to graph and image config, for one platform. Only the stages that the target needs are lowered, and
 * only their images resolved. Several platforms are lowered one by one, and their graphs merged: what does not depend
 * on the target platform, the build context above all, is the same vertex in all of them.
 * @throws DockerfileError with the place in the Dockerfile
 */
export async function lowerDockerfile(request: LowerRequest, resolver: ImageResolver, signal: AbortSignal): Promise<LoweredDockerfile> {
  const notes = createLintNotes(request)
  const dockerfile = parseDockerfile(request.source)
  const job = await resolveDockerfile({ request, dockerfile, notes, isCheck: false }, resolver, signal)
  // Twice: what the context has to bring is known only when all stages are through, and is part of what they stand on.
  const { contextPaths } = lowerStages(job, [], notes.addStep)
  const { graph, target: result, stages } = lowerStages(job, followPathsOf(contextPaths))
  const warnings = notes.lint(dockerfile)
  const { epochSeconds } = job.scope
  return { graph, root: result.root, config: imageConfig(result, request, epochSeconds), layerSpans: result.layerSpans, epochSeconds, warnings, lintError: lintError(warnings, notes.options, request.source), stages, subject: notes.subject(dockerfile) }
}

/** Where the time of the build is from that SOURCE_DATE_EPOCH names; undefined where nothing says one, or nothing that can be read, which lowering tells. */
export function findEpoch(request: LowerRequest): EpochOrigin | undefined {
  if (!request.buildArgs.has(SOURCE_DATE_EPOCH) && !request.source.text.includes(SOURCE_DATE_EPOCH)) return undefined // most builds: nothing to read twice
  try {
    return findBuildEpoch(parseDockerfile(request.source), request)
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw error
  }
}

/** What there is to say of a Dockerfile: the mistake that ends its build is told with all that was found until then. */
export interface CheckedDockerfile {
  readonly warnings: readonly DockerfileWarning[]
  readonly error: BuildError | undefined
}

/** As `lowerDockerfile`, for what it finds alone. Without a target, all stages are looked at. */
export async function checkDockerfile(request: LowerRequest, resolver: ImageResolver, signal: AbortSignal): Promise<CheckedDockerfile> {
  let dockerfile: Dockerfile | undefined
  let notes: LintNotes | undefined
  try {
    notes = createLintNotes(request)
    dockerfile = parseDockerfile(request.source)
    lowerStages(await resolveDockerfile({ request, dockerfile, notes, isCheck: true }, resolver, signal), [], notes.addStep)
    return { warnings: notes.lint(dockerfile), error: undefined }
  } catch (error) {
    if (!(error instanceof BuildError) || signal.aborted) throw error
    return { warnings: dockerfile === undefined ? [] : (notes?.lint(dockerfile) ?? []), error }
  }
}

export interface Resolving {
  readonly request: LowerRequest
  readonly dockerfile: Dockerfile
  readonly notes: LintNotes
  readonly isCheck: boolean
}

/** What a Dockerfile needs, found. @throws DockerfileError */
export async function resolveDockerfile({ request: given, dockerfile, notes, isCheck }: Resolving, resolver: ImageResolver, signal: AbortSignal): Promise<LowerJob> {
  const scope = evaluateGlobalScope(dockerfile, given)
  const request = { ...given, buildArgs: withResolvedEpoch(given, scope) }
  notes.setScope(scope)
  const planned = placeContexts(planStages(dockerfile, scope), request)
  notes.setPlanned(planned)
  const target = findTarget(planned, request.target)
  notes.setTarget(target)
  const wanted = isCheck && request.target === undefined ? planned : [target]
  const resolved = await resolveStages({ planned, written: dockerfile.stages, target, wanted, request, isCheck, onImage: notes.addImage }, resolver, signal)
  return { request, dockerfile, scope, resolved, twinBases: await resolveTwinBases(resolved, request, resolver, signal), toolchain: await resolveToolchain(request, resolver, signal) }
}

/** The platform is the one that was asked for, whatever the base image says. */
function imageConfig({ image }: StageState, { targetPlatform, labels }: LowerRequest, epochSeconds: number | undefined): ImageConfig {
  const container = { ...image.container, labels: new Map([...image.container.labels, ...labels]) }
  return { ...image, container, platform: targetPlatform, created: epochSeconds === undefined ? undefined : formatEpochTime(epochSeconds) }
}
