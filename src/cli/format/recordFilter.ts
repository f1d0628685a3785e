import { splitKeyValue, type KeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'

/** `KEY=VALUE` of `--filter`. @throws UsageError */
export function parseFilters(texts: readonly string[]): readonly (KeyValue & { readonly value: string })[] {
  return texts.map((text) => {
    const { key, value } = splitKeyValue(text)
    if (value === undefined) throw new UsageError(`invalid --filter: ${JSON.stringify(text)}`, { hint: 'write KEY=VALUE, such as type=exec.cachemount' })
    return { key, value }
  })
}

/** As the engine takes it. */
export function formatFilter({ key, value }: { readonly key: string; readonly value: string }): string {
  return `${key}==${value}`
}
