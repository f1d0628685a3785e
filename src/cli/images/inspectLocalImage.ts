import type { Image, PlatformImage } from '../../api/gen/local_pb.ts'
import type { EngineClient } from '../../driver/driver.ts'
import { BuildError } from '../../ground/errors.ts'
import { optionalObject, optionalString, parseJsonObject, type JsonObject } from '../../ground/jsonValue.ts'
import { choosePlatform, formatPlatform, parsePlatform } from '../../ground/platform.ts'
import { formatFamiliar, formatRepository, parseReference } from '../../ground/reference.ts'
import type { TemplateValue } from '../format/goTemplate.ts'
import { localPlatform } from '../localPlatform.ts'
import { findImageName } from './imageName.ts'

export class LocalImageNotFoundError extends BuildError {
  readonly kind = 'not-found'
}

export class PlatformNotHereError extends BuildError {
  readonly kind = 'not-found'
}

export interface ImageSelection {
  /** A name, or an id. */
  readonly name: string
  /** Undefined: all. */
  readonly platform: string | undefined
}

/**
 * What the local store has of an image: Docker's fields, which are those of one platform (the one asked for, else this
 * machine's, else the first), and `Platforms`, which has manifest and config of each as stored.
 * @throws LocalImageNotFoundError; PlatformNotHereError
 */
export async function inspectLocalImage(engine: EngineClient, { name, platform }: ImageSelection, signal: AbortSignal): Promise<TemplateValue> {
  const reference = await findImageName(engine, name, signal)
  const { images } = await engine.local.listImages({ reference: '' }, { signal })
  const full = images.find((candidate) => isNamed(candidate, reference))
  if (full === undefined) throw new LocalImageNotFoundError(`no such local image: ${name}`, { hint: `see pelago image ls for what there is, or bring it: pelago pull ${name}` })
  const wanted = platform === undefined ? undefined : formatPlatform(parsePlatform(platform))
  const chosen = full.platforms.filter((candidate) => wanted === undefined || candidate.platform === wanted)
  if (chosen.length === 0 && wanted !== undefined) {
    throw new PlatformNotHereError(`${name} is not here for ${wanted}`, { hint: `it is here for ${full.platforms.map((candidate) => candidate.platform).join(', ')}` })
  }
  const details = []
  for (const one of chosen) details.push(await inspectPlatform(engine, { reference, one }, signal))
  return {
    ...dockerFields(images.filter(({ digest }) => digest === full.digest), mainOf(chosen, details)),
    Reference: full.reference,
    Digest: full.digest,
    MediaType: full.mediaType,
    Stored: new Date(Number(full.createdAtMs)).toISOString(),
    Platforms: details.map(({ one, manifest, config }) => ({ Platform: one.platform, Digest: one.digest, Size: Number(one.size), Manifest: manifest, Config: config })),
  }
}

function isNamed({ reference }: Image, name: string): boolean {
  return reference !== '' && formatFamiliar(parseReference(reference)) === formatFamiliar(parseReference(name))
}

interface PlatformDetails {
  readonly one: PlatformImage
  readonly manifest: TemplateValue
  readonly config: TemplateValue
  readonly configJson: JsonObject
}

async function inspectPlatform(engine: EngineClient, { reference, one }: { readonly reference: string; readonly one: PlatformImage }, signal: AbortSignal): Promise<PlatformDetails> {
  const read = async (digest: string): Promise<string> => Buffer.from((await engine.local.readImage({ reference, digest }, { signal })).content).toString()
  const [manifest, config] = [await read(one.digest), await read(one.configDigest)]
  return { one, manifest: JSON.parse(manifest) as TemplateValue, config: JSON.parse(config) as TemplateValue, configJson: parseJsonObject(config, 'image config') }
}

/** Undefined where nothing of the image is here. */
function mainOf(platforms: readonly PlatformImage[], details: readonly PlatformDetails[]): PlatformDetails | undefined {
  const candidates = platforms.map((one, index) => ({ platform: parsePlatform(one.platform), index }))
  return details[choosePlatform(candidates, localPlatform())?.index ?? 0]
}

/** The fields of `docker image inspect`; what an image may lack is there, and empty. */
function dockerFields(names: readonly Image[], main: PlatformDetails | undefined): Readonly<Record<string, TemplateValue>> {
  const references = names.map(({ reference }) => parseReference(reference))
  const config = main?.configJson ?? parseJsonObject('{}', 'image config')
  const text = (key: string): string => optionalString(config, key) ?? ''
  const rootfs = optionalObject(config, 'rootfs')
  return {
    Id: names[0]?.digest,
    RepoTags: references.map(formatFamiliar),
    RepoDigests: [...new Set(references.map((reference) => `${familiarRepository(formatRepository(reference))}@${names[0]?.digest ?? ''}`))],
    Created: text('created'),
    Author: text('author'),
    Comment: '',
    Architecture: text('architecture'),
    Variant: text('variant'),
    Os: text('os'),
    OsVersion: text('os.version'),
    Size: Number(main?.one.size ?? 0),
    Config: { ...EMPTY_CONFIG, ...fieldsOf(optionalObject(config, 'config')) },
    RootFS: { Type: 'layers', Layers: fieldsOf(rootfs)['diff_ids'] ?? [] },
  }
}

const EMPTY_CONFIG: Readonly<Record<string, TemplateValue>> = { User: '', ExposedPorts: null, Env: null, Entrypoint: null, Cmd: null, Volumes: null, WorkingDir: '', Labels: null, StopSignal: '' }

function familiarRepository(repository: string): string {
  return formatFamiliar({ ...parseReference(repository), tag: undefined })
}

/** They came of JSON. */
function fieldsOf(object: JsonObject | undefined): Readonly<Record<string, TemplateValue>> {
  return Object.fromEntries(object?.fields ?? []) as Readonly<Record<string, TemplateValue>>
}
