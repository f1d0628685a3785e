import { formatCanonicalJson } from '../ground/canonicalJson.ts'
import { digestOf, type Digest } from '../ground/digest.ts'
import type { CacheLink, KeyId } from './cacheStore.ts'

/** One way to name an input in a key: its own key with what is used of it, or the digest of its content. */
export interface Alternative {
  readonly key: KeyId
  readonly selector: string
}

/** Key of an output that has no inputs: BuildKit's own form. */
export function rootKey(digest: Digest, output: number): KeyId {
  return toKey(`${digest}@${output}`)
}

/** Key that stands for what an op reads of an input, wherever that comes from. */
export function contentKey(content: Digest): KeyId {
  return toKey(`${content}@-1`)
}

/** Key of an output that nothing in the store leads to yet: a digest of what will lead to it. */
export function derivedKey(digest: Digest, output: number, inputs: readonly Alternative[]): KeyId {
  return toKey(formatCanonicalJson({ digest, output, inputs: inputs.map(({ key, selector }) => ({ key, selector })) }))
}

/** A link as text, for a map or a column. */
export function formatLink({ input, output, digest, selector }: CacheLink): string {
  return `${input}:${output}:${digest}:${selector}`
}

/** Of a link that `formatLink` wrote. */
export function parseLink(text: string): Pick<CacheLink, 'input' | 'selector'> {
  const [, input, selector = ''] = /^(\d+):\d+:\w+:\w+:(.*)$/s.exec(text) ?? []
  return { input: Number(input), selector }
}

function toKey(text: string): KeyId {
  return digestOf(text) as string as KeyId
}
