import { UsageError } from '../flags/usageError.ts'

/** `--annotations KEY=VALUE` of sign and verify. @throws UsageError */
export function parseAnnotationPairs(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [, key = '', value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
      if (value === undefined) throw new UsageError(`invalid --annotations: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE' })
      return [key, value]
    }),
  )
}
