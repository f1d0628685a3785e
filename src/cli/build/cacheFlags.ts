import type { CacheRequest } from '../../driver/driver.ts'
import { splitCsv, splitKeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'

/** `--cache-from`: references alone, or `type=TYPE,KEY=VALUE…`. @throws UsageError */
export function parseCacheImports(texts: readonly string[]): readonly CacheRequest[] {
  return texts.flatMap((text) => parseCaches('--cache-from', text))
}

/** `--cache-to`, and the build argument that asks for a cache in the image. @throws UsageError */
export function parseCacheExports(texts: readonly string[], buildArgs: ReadonlyMap<string, string>): readonly CacheRequest[] {
  const asked = texts.flatMap((text) => parseCaches('--cache-to', text))
  const isInline = ['1', 'true'].includes((buildArgs.get('BUILDKIT_INLINE_CACHE') ?? '').toLowerCase()) && !asked.some(({ type }) => type === 'inline')
  return isInline ? [...asked, { type: 'inline', attributes: new Map() }] : asked
}

function parseCaches(flag: string, text: string): readonly CacheRequest[] {
  const fields = splitCsv(text).map(splitKeyValue)
  if (fields.every(({ value }) => value === undefined)) return fields.map(({ key }) => ({ type: 'registry', attributes: new Map([['ref', required(key, flag, text)]]) }))
  const attributes = new Map(fields.map(({ key, value }) => [required(key, flag, text).toLowerCase(), value ?? raiseInvalid(flag, text, `${key} has no value`)]))
  const type = attributes.get('type') ?? raiseInvalid(flag, text, 'it has no type')
  attributes.delete('type')
  return [{ type, attributes }]
}

function required(text: string, flag: string, whole: string): string {
  return text === '' ? raiseInvalid(flag, whole, 'a field is empty') : text
}

function raiseInvalid(flag: string, text: string, why: string): never {
  throw new UsageError(`invalid ${flag} ${JSON.stringify(text)}: ${why}`, { hint: 'write a reference, or type=TYPE,KEY=VALUE…, such as type=registry,ref=registry/app:cache,mode=max' })
}
