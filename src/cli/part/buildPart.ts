import { InvalidValueError } from '../../ground/errors.ts'
import { objectList, optionalBoolean, optionalObject, optionalString, optionalStringList, parseJsonObject, requiredNumber, requiredObject, requiredString, stringMap, type JsonObject } from '../../ground/jsonValue.ts'
import type { Index } from '../../ground/oci/manifest.ts'
import { formatRepository, parseReference } from '../../ground/reference.ts'
import { formatIndex, parseIndex } from '../../image/manifestJson.ts'
import type { Repository } from '../../registry/registry.ts'
import type { BuildSource, ContextSource, Revision } from './buildSource.ts'

/**
 * What one machine has built and pushed by digest, for `pelago merge` to put under a tag together with what others
 * have. Its file is JSON.
 */
export interface BuildPart {
  readonly repository: Repository
  /** The platforms' descriptors, attestations beside them, and the annotations for the index. */
  readonly index: Index
  readonly source: BuildSource
  readonly pelagoVersion: string
  /** RFC 3339. */
  readonly createdAt: string
}

const FORMAT = 'pelago.build-part'
const VERSION = 1

/** Whether a file that begins so is a part, of whatever version. */
export function looksLikePart(head: Uint8Array): boolean {
  return /^\s*\{\s*"format":\s*"pelago\.build-part"/.test(Buffer.from(head).toString('latin1'))
}

export function formatPart({ repository, index, source, pelagoVersion, createdAt }: BuildPart): string {
  const { contexts, dockerfile, target, buildArgs, secretArgs } = source
  const part = {
    format: FORMAT,
    version: VERSION,
    repository: `${repository.host}/${repository.repository}`,
    platforms: index.manifests.flatMap(({ platform }) => (platform === undefined || platform.os === 'unknown' ? [] : [[platform.os, platform.architecture, platform.variant].filter((word) => word !== '').join('/')])),
    index: JSON.parse(Buffer.from(formatIndex(index)).toString()) as unknown,
    source: { contexts: [...contexts].map(([name, context]) => ({ name, ...context })), dockerfile, target, buildArgs: Object.fromEntries(buildArgs), secretArgs },
    pelago: pelagoVersion,
    createdAt,
  }
  return `${JSON.stringify(part, undefined, 2)}\n`
}

/** `name` is the file's, for messages. @throws InvalidValueError */
export function parsePart(text: string, name: string): BuildPart {
  const object = parseJsonObject(text, name)
  if (optionalString(object, 'format') !== FORMAT) throw new InvalidValueError(`${name} is no part of a build`, { hint: 'give files that pelago build --part has written' })
  const version = requiredNumber(object, 'version')
  if (version !== VERSION) throw new InvalidValueError(`${name} is of version ${version}, and this Pelago reads version ${VERSION}`, { hint: 'build and merge with one version of Pelago' })
  const index = requiredObject(object, 'index')
  return {
    repository: readRepository(object),
    index: parseIndex(Buffer.from(JSON.stringify(object.fields.get('index'))), requiredString(index, 'mediaType')),
    source: readSource(requiredObject(object, 'source')),
    pelagoVersion: requiredString(object, 'pelago'),
    createdAt: requiredString(object, 'createdAt'),
  }
}

function readRepository(object: JsonObject): Repository {
  const text = requiredString(object, 'repository')
  const { host, repository, ...rest } = parseReference(text)
  if (formatRepository({ host, repository, ...rest }) !== text) throw new InvalidValueError(`${object.path}.repository is no repository: ${JSON.stringify(text)}`)
  return { host, repository }
}

function readSource(object: JsonObject): BuildSource {
  return {
    contexts: new Map(objectList(object, 'contexts').map((context) => [requiredString(context, 'name'), readContext(context)])),
    dockerfile: optionalString(object, 'dockerfile'),
    target: requiredString(object, 'target'),
    buildArgs: stringMap(object, 'buildArgs'),
    secretArgs: optionalStringList(object, 'secretArgs') ?? [],
  }
}

function readContext(object: JsonObject): ContextSource {
  const kind = requiredString(object, 'kind')
  switch (kind) {
    case 'folder':
      return { kind, digest: requiredString(object, 'digest'), revision: readRevision(optionalObject(object, 'revision')) }
    case 'remote':
      return { kind, text: requiredString(object, 'text') }
    case 'upload':
      return { kind, digest: optionalString(object, 'digest') }
    case 'empty':
      return { kind }
    default:
      throw new InvalidValueError(`${object.path}.kind is unknown: ${JSON.stringify(kind)}`)
  }
}

function readRevision(object: JsonObject | undefined): Revision | undefined {
  if (object === undefined) return undefined
  const commit = requiredString(object, 'commit')
  if (requiredString(object, 'kind') === 'told') return { kind: 'told', commit, variable: requiredString(object, 'variable') }
  return { kind: 'git', commit, isDirty: optionalBoolean(object, 'isDirty') ?? true, folder: requiredString(object, 'folder'), remote: requiredString(object, 'remote') }
}
