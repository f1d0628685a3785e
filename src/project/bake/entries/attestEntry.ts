import { parseGoBoolean } from '../../../ground/goBoolean.ts'
import { BakeError } from '../bakeError.ts'
import { type Entry, splitField, splitFields } from './entry.ts'

/** `type=provenance,mode=max`. `disabled` is kept where it is true only. @throws BakeError */
export function parseAttestEntry(text: string): Entry {
  const fields = splitFields(text).map((field) => {
    const [key, value] = splitField(field)
    const name = key.toLowerCase().trim()
    return [name === 'type' || name === 'disabled' ? name : key, value] as const
  })
  return toAttestEntry(new Map(fields))
}

/** @throws BakeError */
export function toAttestEntry(fields: ReadonlyMap<string, string>): Entry {
  if ((fields.get('type') ?? '') === '') throw new BakeError('attestation type not specified', { hint: 'write type=provenance or type=sbom' })
  const disabled = fields.get('disabled')
  const isDisabled = disabled === undefined ? false : parseGoBoolean(disabled)
  if (isDisabled === undefined) throw new BakeError(`invalid value disabled=${disabled ?? ''}`, { hint: 'write true or false' })
  const rest = [...fields].filter(([key]) => key !== 'disabled')
  return new Map(isDisabled ? [...rest, ['disabled', 'true']] : rest)
}

/** What `--provenance` and `--sbom` stand for; undefined for ''. */
export function attestFlag(type: 'provenance' | 'sbom', value: string): string | undefined {
  if (value === '') return undefined
  const switched = parseGoBoolean(value)
  return switched === undefined ? `type=${type},${value}` : `type=${type},disabled=${String(!switched)}`
}

/** One a type: a later one takes the place of an earlier. */
export function onePerType(entries: readonly Entry[]): readonly Entry[] {
  return [...new Map(entries.map((entry) => [entry.get('type'), entry])).values()]
}
