import { parseGoBoolean } from '../../../ground/goBoolean.ts'
import { splitCsv, splitKeyValue } from '../../flags/csv.ts'
import { UsageError } from '../../flags/usageError.ts'

export interface AttestFlags {
  readonly attest: readonly string[]
  readonly provenance: string | undefined
  readonly sbom: string | undefined
}

/**
 * Frontend attributes of `--attest type=T,KEY=VALUE`, and of `--provenance` and `--sbom`, which are short for it: a
 * boolean, or fields, and win over it, as with buildx. What is switched off is not asked for. @throws UsageError
 */
export function attestAttributes({ attest, provenance, sbom }: AttestFlags): ReadonlyMap<string, string> {
  const written = attest.map(parseAttest)
  const types = written.map(({ type }) => type)
  const twice = types.find((type, index) => types.indexOf(type) !== index)
  if (twice !== undefined) throw new UsageError(`${twice} is asked for twice`, { hint: `say all of it in one --attest type=${twice},…` })
  const short = [...parseShort('provenance', provenance), ...parseShort('sbom', sbom)]
  const asked = [...written.filter(({ type }) => !short.some((other) => other.type === type)), ...short]
  return new Map(asked.flatMap(({ type, fields }) => (isDisabled(fields) ? [] : [[`attest:${type}`, fields.filter((field) => !field.startsWith('disabled=')).map(quote).join(',')] as const])))
}

/** Which attestation `type=TYPE,…` asks for; undefined where it does not say. */
export function attestTypeOf(text: string): string | undefined {
  return splitCsv(text).find((field) => field.trim().startsWith('type='))?.trim().slice('type='.length)
}

interface AskedAttest {
  readonly type: string
  /** `key=value` each. */
  readonly fields: readonly string[]
}

const TYPES = ['provenance', 'sbom']

function parseAttest(text: string): AskedAttest {
  const fields = splitCsv(text).map((field) => field.trim())
  const type = fields.find((field) => field.startsWith('type='))?.slice('type='.length)
  if (type === undefined || !TYPES.includes(type)) {
    throw new UsageError(`invalid --attest ${JSON.stringify(text)}: ${type === undefined ? 'it has no type' : `unknown type ${JSON.stringify(type)}`}`, { hint: 'write type=provenance or type=sbom, and KEY=VALUE behind commas' })
  }
  return { type, fields: checkFields('--attest', text, fields.filter((field) => !field.startsWith('type='))) }
}

function parseShort(type: string, text: string | undefined): readonly AskedAttest[] {
  if (text === undefined || text === '') return []
  const isOn = parseGoBoolean(text)
  if (isOn !== undefined) return [{ type, fields: isOn ? [] : ['disabled=true'] }]
  return [{ type, fields: checkFields(`--${type}`, text, splitCsv(text).map((field) => field.trim())) }]
}

function checkFields(flag: string, text: string, fields: readonly string[]): readonly string[] {
  const wrong = fields.find((field) => splitKeyValue(field).value === undefined)
  if (wrong !== undefined) throw new UsageError(`invalid ${flag} ${JSON.stringify(text)}: ${JSON.stringify(wrong)} is no KEY=VALUE`, { hint: `write true, false or KEY=VALUE, such as ${flag === '--sbom' ? 'generator=IMAGE' : 'mode=max'}` })
  return fields
}

function isDisabled(fields: readonly string[]): boolean {
  return fields.some((field) => field.startsWith('disabled=') && parseGoBoolean(field.slice('disabled='.length)) === true)
}

function quote(field: string): string {
  return /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
