import type { OpenFolder } from '../../../../archive/safePath.ts'
import { parseParagraphs, type Paragraph } from '../../../../ground/deb822.ts'
import { readRootText } from '../rootFiles.ts'
import { placeOf, type PackageDatabase, type PackageFile } from './packageDatabase.ts'

/** dpkg's: `status` says what is installed, and `info/NAME.md5sums` what its files are; configuration is not in there. */
export function parseDebianStatus(status: string): PackageDatabase {
  const packages = new Map([...parseParagraphs(status)].filter(isInstalled).map((fields) => [fields.get('package') ?? '', fields]))
  return databaseOf(packages, (name) => [`${INFO}/${name}.md5sums`, `${INFO}/${name}:${packages.get(name)?.get('architecture') ?? ''}.md5sums`]) // the latter where several architectures may have it
}

const INFO = '/var/lib/dpkg/info'

/** That of images which were put together of packages without dpkg ("distroless"): a file for each in the folder `status.d`, and beside it that of its files. */
export function parseDebianFragments(fragments: ReadonlyMap<string, string>): PackageDatabase {
  const packages = new Map<string, Paragraph>()
  const places = new Map<string, string>()
  for (const [path, text] of fragments) {
    for (const fields of parseParagraphs(text)) {
      const name = fields.get('package') ?? ''
      packages.set(name, fields)
      places.set(name, `${path}.md5sums`)
    }
  }
  return databaseOf(packages, (name) => [places.get(name) ?? ''])
}

function databaseOf(packages: ReadonlyMap<string, Paragraph>, placesOf: (name: string) => readonly string[]): PackageDatabase {
  const filesFor = new Map<string, ReadonlyMap<string, PackageFile>>()
  return {
    kind: 'deb',
    versionOf: (name) => packages.get(name)?.get('version'),
    async filesFor(name, root, signal) {
      const known = filesFor.get(name)
      if (known !== undefined) return known
      const found = new Map<string, PackageFile>()
      for (const one of neededBy(name, packages)) {
        for (const [place, file] of parseMd5sums(one, await readFirst(root, placesOf(one), signal))) if (!found.has(place)) found.set(place, file) // its own come first
      }
      filesFor.set(name, found)
      return found
    },
  }
}

/** dpkg(1), "Package states": its files are there, and it was set up. */
function isInstalled(fields: Paragraph): boolean {
  return /\binstalled$/.test(fields.get('status') ?? '') && !/half-installed|not-installed/.test(fields.get('status') ?? '')
}

async function readFirst(root: OpenFolder, paths: readonly string[], signal: AbortSignal): Promise<string> {
  for (const path of paths) {
    const text = await readRootText(root, path, signal)
    if (text !== '') return text
  }
  return ''
}

function parseMd5sums(owner: string, text: string): ReadonlyMap<string, PackageFile> {
  return new Map([...text.matchAll(/^([0-9a-f]{32}) [ *](.+)$/gm)].map(([, hex = '', path = '']) => [placeOf(path), { owner, checksum: { algorithm: 'md5', hex } }]))
}

/** The package itself and, over any number of steps, what it depends on and is installed. */
function neededBy(name: string, packages: ReadonlyMap<string, Paragraph>): ReadonlySet<string> {
  const found = new Set([name])
  for (const one of found) {
    const fields = packages.get(one)
    for (const needed of [...parseRelation(fields?.get('depends')), ...parseRelation(fields?.get('pre-depends'))]) if (packages.has(needed)) found.add(needed)
  }
  return found
}

/** The names in a dependency field, deb-control(5); of alternatives all. */
function parseRelation(text = ''): readonly string[] {
  return text.split(/[,|]/).map((relation) => relation.trim().split(/[\s:(]/, 1)[0] ?? '').filter((name) => name !== '')
}
