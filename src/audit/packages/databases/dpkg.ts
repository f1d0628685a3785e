import { parseParagraphs, type Paragraph } from '../../../ground/deb822.ts'
import { fromText } from '../../../kit/byteString.ts'
import { packagesEvidence, type FileEvidence } from '../fileEvidence.ts'
import { toPackage, type Package } from '../package.ts'
import { isLanguageFile } from './languageFile.ts'

/** dpkg's `status`, and the files of `status.d` in images that are made without dpkg: what is installed, not what has left its configuration. */
export function parseDpkgStatus(text: string): FileEvidence {
  return packagesEvidence([...parseParagraphs(text)].map(toDebianPackage))
}

/** deb-control(5); dpkg(1), "Package states". */
function toDebianPackage(fields: Paragraph): Package | undefined {
  const status = fields.get('status')
  if (status !== undefined && !HAS_FILES.has(status.split(/\s+/).at(-1) ?? '')) return undefined
  const value = (name: string): string => fields.get(name) ?? ''
  return toPackage({
    kind: 'deb',
    name: value('package'),
    version: value('version'),
    architecture: value('architecture'),
    source: parseSource(value('source')),
    supplier: value('maintainer'),
    homepage: value('homepage'),
  })
}

/** States in which the package's files are there, though it may not have been set up. */
const HAS_FILES: ReadonlySet<string> = new Set(['installed', 'unpacked', 'half-configured', 'triggers-awaited', 'triggers-pending'])

/** `Source: NAME [(VERSION)]` */
function parseSource(text: string): Package['source'] {
  const [, name, version = ''] = /^(\S+)(?:\s+\(([^)]*)\))?/.exec(text) ?? []
  return name === undefined ? undefined : { name, version }
}

/** dpkg's `info/NAME.list`: one path a line. */
export function parseDpkgList(text: string): FileEvidence {
  const paths = text.split('\n').map((line) => line.replace(/^\/+/, ''))
  return packagesEvidence([], paths.filter(isLanguageFile).map(fromText))
}
