import { digestOf } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { optionalObject, parseJsonObject, requiredString } from '../../ground/jsonValue.ts'
import { KNOWN_ARCHITECTURES, KNOWN_OS } from '../../ground/platform.ts'
import { formatReference, parseReference, type Reference } from '../../ground/reference.ts'
import { ImageInvalidError } from '../../image/imageError.ts'
import { toGoEntry } from '../../image/index/goDescriptor.ts'
import { parseEntry, type IndexEntry, type JsonFields } from '../../image/index/indexDocument.ts'
import { UsageError } from '../flags/usageError.ts'

/** An image that was put into a list: what the list says of it, and its manifest byte for byte. */
export interface ListedManifest {
  readonly reference: Reference
  readonly entry: IndexEntry
  readonly bytes: Uint8Array
}

/** What `manifest annotate` sets; undefined and empty leave as it is. */
export interface PlatformChange {
  readonly os: string | undefined
  readonly architecture: string | undefined
  readonly variant: string | undefined
  readonly osVersion: string | undefined
  /** Added to those there are. */
  readonly osFeatures: readonly string[]
}

export class PlatformUnnamedError extends BuildError {
  readonly kind = 'conflict'
}

/** @throws UsageError where no such architecture or operating system is known */
export function annotateManifest(manifest: ListedManifest, change: PlatformChange): ListedManifest {
  const platform = platformOf(manifest.entry)
  const features = [...new Set([...stringsOf(platform['os.features']), ...change.osFeatures])]
  const changed: JsonFields = {
    ...platform,
    ...(change.os === undefined ? {} : { os: change.os }),
    ...(change.architecture === undefined ? {} : { architecture: change.architecture }),
    ...(change.variant === undefined ? {} : { variant: change.variant }),
    ...(change.osVersion === undefined ? {} : { 'os.version': change.osVersion }),
    ...(features.length === 0 ? {} : { 'os.features': features }),
  }
  checkKnown(changed)
  return { ...manifest, entry: toGoEntry(parseEntry({ ...manifest.entry.fields, platform: changed })) }
}

/** @throws PlatformUnnamedError where an index cannot say for what the image is */
export function assertPlatform({ reference, entry }: ListedManifest): void {
  if (entry.descriptor.platform !== undefined) return
  throw new PlatformUnnamedError(`${formatReference(reference)} does not say for which platform it is`, { hint: 'say it: pelago manifest annotate LIST MANIFEST --os linux --arch …' })
}

/** For a file, readable: the manifest stands in it as text. */
export function formatListed({ reference, entry, bytes }: ListedManifest): string {
  return `${JSON.stringify({ reference: formatReference(reference), descriptor: entry.fields, manifest: Buffer.from(bytes).toString() }, undefined, 2)}\n`
}

/** @throws InvalidValueError; ImageInvalidError */
export function parseListed(text: string, path: string): ListedManifest {
  const object = parseJsonObject(text, path)
  const bytes = Buffer.from(requiredString(object, 'manifest'))
  const entry = parseEntry(Object.fromEntries(optionalObject(object, 'descriptor')?.fields ?? []) as JsonFields)
  if (digestOf(bytes) !== entry.descriptor.digest) throw new ImageInvalidError(`the manifest in ${path} is not ${entry.descriptor.digest}`, { hint: 'remove the list, and make it again' })
  return { reference: parseReference(requiredString(object, 'reference')), entry, bytes }
}

function checkKnown({ os, architecture }: JsonFields): void {
  if (typeof os !== 'string' || !KNOWN_OS.has(os)) throw new UsageError(`unknown operating system: ${JSON.stringify(os ?? '')}`, { hint: 'give it: --os linux' })
  if (typeof architecture !== 'string' || !KNOWN_ARCHITECTURES.has(architecture)) throw new UsageError(`unknown architecture: ${JSON.stringify(architecture ?? '')}`, { hint: 'write it as Docker does: --arch arm64' })
}

function platformOf({ fields }: IndexEntry): JsonFields {
  return (fields['platform'] ?? {}) as JsonFields
}

function stringsOf(value: JsonFields[string]): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}
