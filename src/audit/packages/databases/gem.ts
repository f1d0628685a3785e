import { packagesEvidence, type FileEvidence } from '../fileEvidence.ts'
import { toPackage } from '../package.ts'

/** The specification that gem writes when it installs: Ruby of one form, of which the assignments are read and nothing is run. */
export function parseGemSpecification(text: string): FileEvidence {
  const [, licenses = ''] = /^ *s\.licenses *= *\[([^\]\n]*)\]/m.exec(text) ?? []
  return packagesEvidence([
    toPackage({
      kind: 'gem',
      name: assigned(text, 'name'),
      version: assigned(text, 'version'),
      licenses: licenses === '' ? [] : [[...licenses.matchAll(STRING)].map(([, value = '']) => value).join(' OR ')],
      homepage: assigned(text, 'homepage'),
    }),
  ])
}

const STRING = /"([^"\\]*)"/g

function assigned(text: string, field: string): string {
  const [, value = ''] = new RegExp(`^ *s\\.${field} *= *"([^"\\\\]*)"`, 'm').exec(text) ?? []
  return value
}
