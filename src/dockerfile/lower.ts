import type { ImageConfig } from '../ground/imageConfig.ts'
import { parseDockerfile } from './dockerfile.ts'
import { lintPlatforms } from './lint/platforms.ts'
import { followPathsOf } from './lower/contextPaths.ts'
import { evaluateGlobalScope } from './lower/globalScope.ts'
import { lowerStages } from './lower/lowerStages.ts'
import { findTarget, planStages } from './lower/plan.ts'
import type { ImageResolver, LoweredImage, LowerRequest } from './lower/request.ts'
import { resolveStages } from './lower/resolveStages.ts'
import type { StageState } from './lower/stageState.ts'

export type { ImageResolver, LoweredImage, LowerRequest, ResolvedImage } from './lower/request.ts'

/**
 * From Dockerfile to graph and image config, for one platform. Only the stages that the target needs are lowered, and
 * only their images resolved. Several platforms are lowered one by one, and their graphs merged: what does not depend
 * on the target platform, the build context above all, is the same vertex in all of them.
 * @throws DockerfileError with the place in the Dockerfile
 */
export async function lowerDockerfile(request: LowerRequest, resolver: ImageResolver, signal: AbortSignal): Promise<LoweredImage> {
  const dockerfile = parseDockerfile(request.source)
  const scope = evaluateGlobalScope(dockerfile, request)
  const planned = planStages(dockerfile, scope)
  const target = findTarget(planned, request.target)
  const resolved = await resolveStages({ planned, written: dockerfile.stages, target, request }, resolver, signal)
  const job = { request, dockerfile, scope, resolved }
  // Twice: what the context has to bring is known only when all stages are through, and is part of what they stand on.
  const { contextPaths } = lowerStages(job, [])
  const { graph, target: result } = lowerStages(job, followPathsOf(contextPaths))
  return { graph, root: result.root, config: imageConfig(result, request), warnings: [...dockerfile.warnings, ...lintPlatforms(dockerfile)] }
}

/** The platform is the one that was asked for, whatever the base image says. */
function imageConfig({ image }: StageState, { targetPlatform, labels, createdAt }: LowerRequest): ImageConfig {
  const container = { ...image.container, labels: new Map([...image.container.labels, ...labels]) }
  return { ...image, container, platform: targetPlatform, created: createdAt }
}
