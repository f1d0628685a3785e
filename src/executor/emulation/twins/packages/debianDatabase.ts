import { parseParagraphs, type Paragraph } from '../../../../ground/deb822.ts'
import { readRootText } from '../rootFiles.ts'
import { placeOf, type PackageDatabase, type PackageFile } from './packageDatabase.ts'

/** dpkg's: `status` says what is installed, and `info/NAME.md5sums` what its files are; configuration is not in there. */
export function parseDebianStatus(status: string): PackageDatabase {
  const packages = new Map([...parseParagraphs(status)].filter(isInstalled).map((fields) => [fields.get('package') ?? '', fields]))
  const filesFor = new Map<string, ReadonlyMap<string, PackageFile>>()
  return {
    kind: 'deb',
    versionOf: (name) => packages.get(name)?.get('version'),
    async filesFor(name, root, signal) {
      const known = filesFor.get(name)
      if (known !== undefined) return known
      const found = new Map<string, PackageFile>()
      for (const one of neededBy(name, packages)) {
        for (const [place, file] of await readMd5sums(one, packages.get(one)?.get('architecture') ?? '', (path) => readRootText(root, path, signal))) found.set(place, file)
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

async function readMd5sums(name: string, architecture: string, read: (path: string) => Promise<string>): Promise<ReadonlyMap<string, PackageFile>> {
  const text = (await read(`/var/lib/dpkg/info/${name}.md5sums`)) || (await read(`/var/lib/dpkg/info/${name}:${architecture}.md5sums`)) // the latter where several architectures may have it
  return new Map([...text.matchAll(/^([0-9a-f]{32}) [ *](.+)$/gm)].map(([, hex = '', path = '']) => [placeOf(path), { owner: name, checksum: { algorithm: 'md5', hex } }]))
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
