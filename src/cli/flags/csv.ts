import { splitCsvLine } from '../../ground/csv.ts'
import { UsageError } from './usageError.ts'

/** The fields of a value such as `--output` takes. @throws UsageError where a quote is misplaced */
export function splitCsv(line: string): readonly string[] {
  const fields = splitCsvLine(line)
  if (fields === undefined) throw new UsageError(`misplaced quote in ${JSON.stringify(line)}`, { hint: 'put the whole field in quotes: \'type=local,"dest=a,b"\'' })
  return fields
}

export interface KeyValue {
  readonly key: string
  /** Undefined where there is no `=`. */
  readonly value: string | undefined
}

export function splitKeyValue(text: string): KeyValue {
  const sign = text.indexOf('=')
  return sign < 0 ? { key: text, value: undefined } : { key: text.slice(0, sign), value: text.slice(sign + 1) }
}
