import { BuildError } from '../../ground/errors.ts'
import type { ImageConfig } from '../../ground/oci/imageConfig.ts'
import { choosePlatform, formatPlatform, type Platform } from '../../ground/platform.ts'
import type { PlatformImage } from '../images/imagePlatforms.ts'

/** How many of an image's layers its base image brought, and how that is known. */
export type BaseLayers =
  | { readonly kind: 'given'; readonly count: number }
  /** By the history: a base image ends with the CMD that it has for those who start it as it is. */
  | { readonly kind: 'guessed'; readonly count: number }
  | { readonly kind: 'unknown'; readonly count: undefined }

export interface BaseRequest {
  readonly platform: Platform
  readonly config: ImageConfig
  /** Of the base image that the user names. */
  readonly bases: readonly PlatformImage[] | undefined
}

/** @throws BaseMismatchError where the image was not built on what the user says */
export async function countBaseLayers({ platform, config, bases }: BaseRequest, signal: AbortSignal): Promise<BaseLayers> {
  if (bases === undefined) return guessBase(config)
  const base = choosePlatform(bases, platform)
  const diffIds = base === undefined ? [] : (await base.view.config(signal)).diffIds
  if (diffIds.length === 0 || diffIds.some((diffId, index) => diffId !== config.diffIds[index])) throw new BaseMismatchError(platform)
  return { kind: 'given', count: diffIds.length }
}

function guessBase({ history }: ImageConfig): BaseLayers {
  const last = history.findLastIndex((entry, index) => isCommand(entry.createdBy ?? '') && history.slice(index).some(({ emptyLayer }) => !emptyLayer))
  if (last < 0) return { kind: 'unknown', count: undefined }
  return { kind: 'guessed', count: history.slice(0, last).filter(({ emptyLayer }) => !emptyLayer).length }
}

/** As BuildKit writes it, and as Docker's first builder did. */
function isCommand(createdBy: string): boolean {
  return /^(?:\/bin\/sh -c #\(nop\)\s+)?CMD\b/.test(createdBy)
}

export class BaseMismatchError extends BuildError {
  readonly kind = 'conflict'
  constructor(platform: Platform) {
    super(`the image for ${formatPlatform(platform)} does not begin with the layers of --base`, { hint: 'give the very version that it was built on, by tag or digest' })
  }
}
