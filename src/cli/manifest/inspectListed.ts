import { formatReference, type Reference } from '../../ground/reference.ts'
import { formatIndexDocument, makeIndexDocument, type JsonFields } from '../../image/index/indexDocument.ts'
import type { CommandContext } from '../command.ts'
import type { TemplateValue } from '../format/goTemplate.ts'
import { describeManifest } from '../registry/verboseManifest.ts'
import type { ListedManifest } from './listedManifest.ts'
import { openManifestLists } from './openManifestLists.ts'
import { requireListed } from './requireListed.ts'

/** One image of a local list. @throws ListNotFoundError */
export async function inspectListed(list: Reference, manifest: Reference, isVerbose: boolean, context: CommandContext): Promise<TemplateValue> {
  const found = await requireListed(openManifestLists(context), list, manifest)
  return isVerbose ? describe(found) : parseBytes(found.bytes)
}

/** A local list, as it would be pushed; undefined where there is none. */
export async function inspectList(list: Reference, isVerbose: boolean, context: CommandContext): Promise<TemplateValue> {
  const found = await openManifestLists(context).read(list)
  if (found === undefined) return undefined
  return isVerbose ? found.map(describe) : parseBytes(formatIndexDocument(makeIndexDocument(found.map(({ entry }) => entry))))
}

function describe({ reference, entry, bytes }: ListedManifest): TemplateValue {
  return describeManifest(formatReference(reference), { descriptor: entry.descriptor, bytes, json: parseBytes(bytes) }, entry.fields['platform'] as JsonFields | undefined)
}

function parseBytes(bytes: Uint8Array): TemplateValue {
  return JSON.parse(Buffer.from(bytes).toString()) as TemplateValue
}
