import { packagesEvidence, type FileEvidence } from '../fileEvidence.ts'
import { toPackage } from '../package.ts'

/** Core metadata (packaging.python.org, "Core metadata specifications"): headers, and the description, which is not looked at. */
export function parsePythonMetadata(text: string): FileEvidence {
  const headers = readHeaders(text)
  const first = (name: string): string => headers.find(([key]) => key === name)?.[1] ?? ''
  const person = (name: string, address: string): string => (first(name) !== '' && first(address) !== '' ? `${first(name)} <${first(address)}>` : first(name) || first(address))
  const classified = headers.filter(([key, value]) => key === 'classifier' && value.startsWith('License :: ')).map(([, value]) => value.split(' :: ').at(-1) ?? '').filter((license) => license !== 'OSI Approved')
  const license = first('license-expression') || oneLine(first('license'))
  return packagesEvidence([
    toPackage({
      kind: 'pypi',
      name: first('name'),
      version: first('version'),
      licenses: license === '' ? classified : [license],
      supplier: person('author', 'author-email') || person('maintainer', 'maintainer-email'),
      homepage: first('home-page'),
    }),
  ])
}

/** Some put the whole text of a licence there. */
function oneLine(license: string): string {
  return license === 'UNKNOWN' || license.includes('\n') ? '' : license
}

/** Names in lower case; they end with the first empty line. */
function readHeaders(text: string): readonly (readonly [name: string, value: string])[] {
  const [head = ''] = text.replaceAll('\r\n', '\n').split('\n\n', 1)
  const headers: [string, string][] = []
  for (const line of head.split('\n')) {
    const [, name, value = ''] = /^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)$/.exec(line) ?? []
    const last = headers.at(-1)
    if (name !== undefined) headers.push([name.toLowerCase(), value.trim()])
    else if (last !== undefined && /^[ \t]/.test(line)) last[1] += `\n${line.trim()}`
  }
  return headers
}
