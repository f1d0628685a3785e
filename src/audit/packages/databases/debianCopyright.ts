import type { FileEvidence } from '../fileEvidence.ts'
import { parseParagraphs } from '../../../ground/deb822.ts'

/** As many licences of one package are told. */
const MAX_LICENSES = 50

/**
 * The licences in `/usr/share/doc/NAME/copyright`: each `License` of the machine-readable form (DEP-5); of any other
 * text the licences of `/usr/share/common-licenses` that it points to.
 */
export function parseDebianCopyright(text: string): FileEvidence {
  const named = /^Format(?:-Specification)?:/im.test(text.slice(0, 4096)) ? licensesOfFields(text) : []
  const found = named.length > 0 ? named : [...text.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z0-9][A-Za-z0-9.+-]*)/g)].map(([, name = '']) => name.replace(/[.-]+$/, ''))
  return { kind: 'licenses', licenses: [...new Set(found)].sort().slice(0, MAX_LICENSES) }
}

/** Its first line is the short name; the text stands under it. */
function licensesOfFields(text: string): readonly string[] {
  return [...parseParagraphs(text)].map((fields) => (fields.get('license') ?? '').split('\n', 1)[0]?.trim() ?? '').filter((name) => name !== '' && name.length < 200)
}
