import { NOTHING, type FileEvidence } from '../fileEvidence.ts'

/** os-release(5): assignments as a shell reads them, without expansions. */
export function parseOsRelease(text: string): FileEvidence {
  const values = new Map<string, string>()
  for (const [, name = '', value = ''] of text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm)) values.set(name, unquote(value.trim()))
  const id = values.get('ID') ?? ''
  if (!/^[a-z0-9._-]{1,64}$/.test(id)) return NOTHING
  return { kind: 'os-release', distribution: { id, versionId: (values.get('VERSION_ID') ?? '').slice(0, 64), prettyName: (values.get('PRETTY_NAME') ?? '').slice(0, 256) } }
}

function unquote(value: string): string {
  const [, inDouble, inSingle] = /^"(.*)"$|^'(.*)'$/.exec(value) ?? []
  return inDouble?.replace(/\\(["$`\\])/g, '$1') ?? inSingle ?? value
}
