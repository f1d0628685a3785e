import { packagesEvidence, type FileEvidence } from '../fileEvidence.ts'
import { toPackage } from '../package.ts'

/** The `package.json` of an installed package; one without a name or a version is a part of another package. */
export function parseNpmManifest(text: string): FileEvidence {
  const fields = parseFields(text)
  if (fields === undefined) return { kind: 'unread', reason: 'it is no JSON object' }
  const [name, version] = [textOf(fields.get('name')), textOf(fields.get('version'))]
  if (version === '') return packagesEvidence([])
  return packagesEvidence([toPackage({ kind: 'npm', name, version, licenses: licensesOf(fields), supplier: authorOf(fields.get('author')), homepage: textOf(fields.get('homepage')) })])
}

function parseFields(text: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}

/** `license`, and what npm's packages had before: an object with `type`, a list `licenses`, of which one may be chosen. */
function licensesOf(fields: ReadonlyMap<string, unknown>): readonly string[] {
  const own = licenseOf(fields.get('license'))
  if (own !== '') return [own]
  const list = fields.get('licenses')
  const choices = Array.isArray(list) ? list.map(licenseOf).filter((license) => license !== '') : []
  return choices.length === 0 ? [] : [choices.join(' OR ')]
}

function licenseOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'type' in value ? textOf(value.type) : textOf(value)
}

function authorOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return textOf(value).split('(', 1)[0]?.trim() ?? ''
  const [name, email] = ['name' in value ? textOf(value.name) : '', 'email' in value ? textOf(value.email) : '']
  return name === '' || email === '' ? name : `${name} <${email}>`
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
