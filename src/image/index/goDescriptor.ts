import type { Json } from '../../ground/canonicalJson.ts'
import { sortedMap } from '../internal/goJson.ts'
import { parseEntry, type IndexEntry, type JsonFields } from './indexDocument.ts'

/**
 * An entry as Go's programs write it again: the fields of OCI image-spec, descriptor.md, in their order, maps sorted, and
 * what is empty left out. So what is made of the same sources here and by docker buildx has the same bytes.
 */
export function toGoEntry({ fields }: IndexEntry): IndexEntry {
  const kept = pick(fields, DESCRIPTOR_FIELDS).map(([key, value]) => [key, rewriteField(key, value)] as const)
  return parseEntry(Object.fromEntries(kept.filter(([, value]) => value !== undefined)))
}

const DESCRIPTOR_FIELDS = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType'] as const
const PLATFORM_FIELDS = ['architecture', 'os', 'os.version', 'os.features', 'variant'] as const

function rewriteField(key: string, value: Json): Json | undefined {
  if (!isFields(value)) return value
  if (key === 'platform') return Object.fromEntries(pick(value, PLATFORM_FIELDS))
  return sortedMap(new Map(Object.entries(value).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text] as const] : []))))
}

function pick(fields: JsonFields, names: readonly string[]): readonly (readonly [name: string, value: Json])[] {
  const known = new Map(Object.entries(fields))
  return names.flatMap((name) => {
    const value = known.get(name)
    const isEmpty = value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
    return isEmpty ? [] : [[name, value] as const]
  })
}

function isFields(value: Json): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
