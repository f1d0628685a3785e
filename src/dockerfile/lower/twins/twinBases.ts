import { BuildError } from '../../../ground/errors.ts'
import { formatPlatform, isSamePlatform } from '../../../ground/platform.ts'
import { createLimit, mapLimited } from '../../../kit/limit.ts'
import { hasLayers } from '../addImage.ts'
import type { PlannedStage, StageBase } from '../plan.ts'
import type { ImageResolver, LowerRequest, ResolvedImage } from '../request.ts'
import { platformMismatch, stagePlatform, type ResolvedStages } from '../resolveStages.ts'

/** What stands beside the base of an emulated stage: the same image for the build platform, or why there is none. */
export type TwinBase = { readonly kind: 'image'; readonly image: ResolvedImage } | TwinlessBase

export interface TwinlessBase {
  readonly kind: 'none'
  readonly why: string
}

/** By the stages' indices; those that have the build's own platform, or need no twins, are not among them. An image that is not there is no error. */
export async function resolveTwinBases({ stages }: ResolvedStages, request: LowerRequest, resolver: ImageResolver, signal: AbortSignal): Promise<ReadonlyMap<number, TwinBase>> {
  if (request.twins === undefined) return new Map()
  const emulated = stages.filter((stage) => !isSamePlatform(stagePlatform(stage, stages, request), request.buildPlatform))
  const limit = createLimit(MAX_LOOKUPS)
  return new Map(await mapLimited(emulated, limit, async (stage, inner) => [stage.index, await findTwinBase(stage, { stages, request, resolver }, inner)] as const, signal))
}

const MAX_LOOKUPS = 4 // most of them ask for what was asked for already

interface Finding {
  readonly stages: readonly PlannedStage[]
  readonly request: LowerRequest
  readonly resolver: ImageResolver
}

async function findTwinBase(stage: PlannedStage, { stages, request, resolver }: Finding, signal: AbortSignal): Promise<TwinBase> {
  const lowest = lowestStage(stage, stages)
  if (isPinned(lowest)) return { kind: 'none', why: `FROM --platform gives its stage one platform for all targets: ${formatPlatform(stagePlatform(lowest, stages, request))}` }
  const { base } = lowest
  if (base.kind !== 'image') return { kind: 'none', why: WHY_NOT[base.kind] }
  const native = formatPlatform(request.buildPlatform)
  try {
    const image = await resolver.resolveImage(base.reference, request.buildPlatform, signal)
    const mismatch = platformMismatch(base.written, image.config, request.buildPlatform)
    if (mismatch !== undefined) return { kind: 'none', why: mismatch.message }
    return hasLayers(image) ? { kind: 'image', image } : { kind: 'none', why: `base image ${base.written} has no files for ${native}` }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof BuildError)) throw error
    return { kind: 'none', why: error.kind === 'not-found' ? `base image ${base.written} has no ${native}` : `base image ${base.written} could not be looked up for ${native}: ${error.message}` }
  }
}

const WHY_NOT: Readonly<Record<Exclude<StageBase['kind'], 'image'>, string>> = {
  scratch: 'its stage begins with nothing (FROM scratch)',
  files: 'its stage begins with a folder, which is no image of several platforms',
  built: 'its stage begins with what another build makes, and that is not built natively here',
  stage: 'its stage begins with itself',
}

function lowestStage(stage: PlannedStage, stages: readonly PlannedStage[]): PlannedStage {
  const { base } = stage
  const below = base.kind === 'stage' ? stages.find(({ index }) => index === base.index) : undefined
  return below === undefined ? stage : lowestStage(below, stages)
}

/** Such a stage is the same for all targets, and done once: twins from one of them would make another stage of it. */
function isPinned({ from: { platform } }: PlannedStage): boolean {
  return platform !== undefined && !/\$\{?TARGET/.test(platform)
}
