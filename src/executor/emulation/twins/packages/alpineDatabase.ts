import { placeOf, type ChecksumAlgorithm, type PackageDatabase, type PackageFile } from './packageDatabase.ts'

/** apk's `installed`: packages apart by an empty line, in each `P:` its name, `V:` its version, `f:` what is special, and of a file `F:` the folder, `R:` the name, `Z:` the checksum. */
export function parseAlpineInstalled(text: string): PackageDatabase {
  const versions = new Map<string, string>()
  const files = new Map<string, PackageFile>()
  for (const paragraph of text.split('\n\n')) {
    const name = /^P:(.*)$/m.exec(paragraph)?.[1]
    const version = /^V:(.*)$/m.exec(paragraph)?.[1]
    const marks = /^f:(.*)$/m.exec(paragraph)?.[1] ?? ''
    if (name === undefined || version === undefined) continue
    versions.set(name, version)
    for (const [place, file] of filesOf(name, paragraph, marks.includes('S') ? 'sha256-160' : 'sha1')) files.set(place, file)
  }
  return { kind: 'apk', versionOf: (name) => versions.get(name), filesFor: async () => files }
}

function* filesOf(owner: string, paragraph: string, algorithm: ChecksumAlgorithm): Generator<readonly [string, PackageFile]> {
  let [folder, name] = ['', '']
  for (const [, letter, value = ''] of paragraph.matchAll(/^([FRZ]):(.*)$/gm)) {
    if (letter === 'F') folder = value
    else if (letter === 'R') name = value
    else {
      const hex = parseChecksum(value)
      if (hex !== undefined) yield [placeOf(`${folder}/${name}`), { owner, checksum: { algorithm, hex } }]
    }
  }
}

/** `Q1` and 160 bits in base64; the older form is that of MD5, and of no use. */
function parseChecksum(text: string): string | undefined {
  return text.startsWith('Q1') ? Buffer.from(text.slice(2), 'base64').toString('hex') : undefined
}
