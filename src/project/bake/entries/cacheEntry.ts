import { BakeError } from '../bakeError.ts'
import { type Entry, splitField, splitFields } from './entry.ts'

/** `type=gha,scope=x`; without any `=` the names of images, with commas between them. @throws BakeError */
export function parseCacheEntries(text: string): readonly Entry[] {
  const fields = splitFields(text)
  if (!text.includes('=')) return fields.map((ref) => new Map([['type', 'registry'], ['ref', ref]]))
  const entry = new Map(
    fields.map((field) => {
      const [key, value] = splitField(field)
      return [key.toLowerCase(), value] as const
    }),
  )
  return [toCacheEntry(entry, text)]
}

/** @throws BakeError */
export function toCacheEntry(fields: ReadonlyMap<string, string>, written: string): Entry {
  if ((fields.get('type') ?? '') === '') throw new BakeError(`type required for ${JSON.stringify(written)}`, { hint: 'write the name of an image, or type=registry, gha, local, s3, azblob or inline with its attributes' })
  return fields
}
