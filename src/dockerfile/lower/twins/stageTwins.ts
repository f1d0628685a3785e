import { formatPlatform, isSamePlatform, type Platform } from '../../../ground/platform.ts'
import type { GraphBuilder } from '../../../graph/graphBuilder.ts'
import type { Output } from '../../../graph/vertex.ts'
import { addImage } from '../addImage.ts'
import type { PlannedStage } from '../plan.ts'
import type { LowerRequest } from '../request.ts'
import type { TwinBase } from './twinBases.ts'
import { addToolchain, type Toolchain } from './toolchain.ts'
import type { SiblingStage, TwinRoot } from './twinRequest.ts'

/** Where the twins of one stage's processes are from. */
export interface StageTwins {
  /** Of its step with this number, on the files `root`; undefined is nowhere. */
  before(step: number, root: Output | undefined): TwinRoot | undefined
  /** Why there are none at all. */
  readonly missing: string | undefined
}

export interface TwinPlace {
  readonly request: LowerRequest
  /** As `resolveTwinBases` has found them. */
  readonly twinBases: ReadonlyMap<number, TwinBase>
  readonly toolchain: Toolchain | undefined
  readonly graph: GraphBuilder
}

/**
 * What a step of an emulated stage has native twins of: what the same stage is before the same step where it is built for
 * the build platform too, so that tools that a step installs are covered from the next one on; else the stage's base image
 * for that platform. Undefined: no twins are asked for, or the stage runs natively.
 */
export function stageTwins(stage: PlannedStage, platform: Platform, place: TwinPlace): StageTwins | undefined {
  const { request: { twins, buildPlatform }, twinBases, toolchain, graph } = place
  const base = twinBases.get(stage.index)
  if (twins === undefined || base === undefined || isSamePlatform(platform, buildPlatform)) return undefined
  const toolchainFor = (root: Output | undefined, native: Output): Output | undefined => (toolchain === undefined ? undefined : addToolchain(toolchain, { root, architecture: platform.architecture, base: native }, place))
  const sibling = twins.sibling?.stages.find((lowered) => isSibling(lowered, stage, buildPlatform))
  const native = sibling?.base
  if (twins.sibling !== undefined && sibling !== undefined && native !== undefined) {
    graph.addAll(twins.sibling.graph)
    const before = (step: number, stepRoot: Output | undefined): TwinRoot | undefined => {
      const root = sibling.steps[step]?.before
      return root && { mode: twins.mode, root, toolchain: toolchainFor(stepRoot, native) }
    }
    return { before, missing: undefined }
  }
  if (base.kind === 'none') return { before: () => undefined, missing: base.why }
  const { image } = base
  const root = addImage(image, buildPlatform, { name: `FROM ${image.reference} for native twins (${formatPlatform(buildPlatform)})`, ignoreCache: false, span: stage.from.span }, graph)
  return { before: (_, stepRoot) => ({ mode: twins.mode, root, toolchain: toolchainFor(stepRoot, root) }), missing: undefined }
}

/** The same stage: ONBUILD triggers of its base image may give it other steps on another platform. */
function isSibling({ stage, platform, steps }: SiblingStage, ours: PlannedStage, buildPlatform: Platform): boolean {
  const isSame = stage.index === ours.index && platform.architecture === buildPlatform.architecture
  return isSame && steps.length === ours.steps.length && ours.steps.every(({ instruction }, index) => steps[index]?.instruction.text === instruction.text)
}
