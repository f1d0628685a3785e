import type { PlatformImage } from '../../api/gen/local_pb.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { BuildError } from '../../ground/errors.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import type { TemplateValue } from '../format/goTemplate.ts'

export class LocalImageNotFoundError extends BuildError {
  readonly kind = 'not-found'
}

export interface ImageSelection {
  readonly reference: string
  /** Undefined: all. */
  readonly platform: string | undefined
}

/** What the local store has of an image: names, and for each platform its manifest and its config as stored. @throws LocalImageNotFoundError */
export async function inspectLocalImage(engine: EngineClient, { reference, platform }: ImageSelection, signal: AbortSignal): Promise<TemplateValue> {
  const { images } = await engine.local.listImages({ reference }, { signal })
  const [image] = images
  if (image === undefined) throw new LocalImageNotFoundError(`no such local image: ${reference}`, { hint: `see pelago image ls for what there is, or bring it: pelago pull ${reference}` })
  const wanted = platform === undefined ? undefined : formatPlatform(parsePlatform(platform))
  const chosen = image.platforms.filter((candidate) => wanted === undefined || candidate.platform === wanted)
  if (chosen.length === 0 && wanted !== undefined) {
    throw new LocalImageNotFoundError(`${reference} is not here for ${wanted}`, { hint: `it is here for ${image.platforms.map((candidate) => candidate.platform).join(', ')}` })
  }
  const details = []
  for (const one of chosen) details.push(await inspectPlatform(engine, { reference, one }, signal))
  return {
    Reference: image.reference,
    Digest: image.digest,
    MediaType: image.mediaType,
    Created: new Date(Number(image.createdAtMs)).toISOString(),
    Platforms: details,
  }
}

async function inspectPlatform(engine: EngineClient, { reference, one }: { readonly reference: string; readonly one: PlatformImage }, signal: AbortSignal): Promise<TemplateValue> {
  const read = async (digest: string): Promise<TemplateValue> => {
    const { content } = await engine.local.readImage({ reference, digest }, { signal })
    return JSON.parse(Buffer.from(content).toString()) as TemplateValue
  }
  return { Platform: one.platform, Digest: one.digest, Size: Number(one.size), Manifest: await read(one.digest), Config: await read(one.configDigest) }
}
