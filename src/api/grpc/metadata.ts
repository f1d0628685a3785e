/** Headers of a call. A key may come several times: Node joins such values by `, `, which is why this keeps them apart. */
export type Metadata = ReadonlyMap<string, readonly string[]>

/** From Node's `rawHeaders`, the pseudo headers left out. */
export function parseMetadata(rawHeaders: readonly string[]): Metadata {
  const metadata = new Map<string, string[]>()
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [key = '', value = ''] = rawHeaders.slice(index, index + 2)
    if (key.startsWith(':')) continue
    const values = metadata.get(key)
    if (values === undefined) metadata.set(key, [value])
    else values.push(value)
  }
  return metadata
}

/** For Node to send: each value becomes a header of its own. */
export function formatMetadata(metadata: Metadata): Record<string, readonly string[]> {
  return Object.fromEntries(metadata)
}

/** The value of a key that comes once; undefined where it is absent. */
export function firstValue(metadata: Metadata, key: string): string | undefined {
  return metadata.get(key)?.[0]
}

/**
 * Lists of texts as BuildKit's file sync has them: where one is more than plain ASCII, all of its key are escaped as
 * in a query, and `<key>-encoded: 1` says so.
 */
export function encodeTexts(lists: ReadonlyMap<string, readonly string[]>): Metadata {
  const encoded = [...lists].flatMap(([key, values]): [string, readonly string[]][] => {
    if (values.length === 0) return []
    if (values.every(isPlain)) return [[key, values]]
    return [
      [key, values.map((value) => encodeURIComponent(value.toWellFormed()))],
      [`${key}-encoded`, ['1']],
    ]
  })
  return new Map(encoded)
}

/** @throws URIError on a broken escape */
export function decodeTexts(metadata: Metadata, key: string): readonly string[] {
  const values = metadata.get(key) ?? []
  if (firstValue(metadata, `${key}-encoded`) !== '1') return values
  return values.map((value) => decodeURIComponent(value.replaceAll('+', ' ')))
}

function isPlain(value: string): boolean {
  return /^(?! )[\x20-\x7e]*(?<! )$/.test(value)
}
