import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { writeTarLayout } from '../support/images/tarLayout.ts'
import { openPelago, runCommand, type ContextFiles, type Pelago } from '../support/pelago.ts'
import { missing } from '../support/requires.ts'
import { findSpdxFaults } from '../support/spdxFaults.ts'

/** What of the JSON document is looked at. */
interface Document {
  readonly from: string
  readonly platforms: readonly {
    readonly platform: string
    readonly distribution: { readonly id: string; readonly versionId: string } | null
    readonly packages: readonly { readonly kind: string; readonly name: string; readonly version: string; readonly architecture: string; readonly license: string; readonly purl: string; readonly places: readonly { readonly path: string; readonly layer: number; readonly isBase: boolean | null }[] }[]
    readonly unread: readonly { readonly path: string; readonly reason: string }[]
    readonly changes?: readonly { readonly change: string; readonly name: string; readonly before: readonly string[]; readonly after: readonly string[] }[] | null
  }[]
  readonly differences?: readonly { readonly name: string; readonly difference: string; readonly versions: Readonly<Record<string, readonly string[]>> }[]
}

type ApkPackage = readonly [name: string, version: string, license: string]

/** apk's database of these packages. */
function alpine(...packages: readonly ApkPackage[]): string {
  return packages.map(([name, version, license]) => `C:Q1fEAZSPXnGeL+JPw1ttBFUJWDKck=\nP:${name}\nV:${version}\nA:x86_64\nS:383459\nI:622592\nT:the ${name} package\nU:https://example.org/${name}\nL:${license}\no:${name}\nm:Natanael Copa <ncopa@alpinelinux.org>\nt:1734\nF:lib\nR:${name}.so\na:0:0:755\nZ:Q1fEAZSPXnGeL+JPw1ttBFUJWDKck=\n`).join('\n')
}

const OS_RELEASE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n'
const MUSL = ['musl', '1.2.5-r0', 'MIT'] as const

describe('pelago sbom', { concurrency: false }, () => {
  let pelago: Pelago
  before(async () => {
    pelago = await openPelago()
  })
  after(() => pelago[Symbol.asyncDispose]())

  const read = async (...args: readonly string[]): Promise<Document> => JSON.parse((await pelago.succeed(['sbom', ...args, '--format', 'json'])).stdout) as Document
  /** A tar of these files. */
  const packLayer = async (files: ContextFiles): Promise<string> => {
    const folder = await pelago.context(files)
    await pack(`${folder}.tar`, folder, ['.'])
    return `${folder}.tar`
  }
  /** A layout of these layers by platform. */
  const layout = async (platforms: Readonly<Record<string, readonly ContextFiles[]>>): Promise<string> => {
    const folder = await mkdtemp(join(pelago.folder, 'layout-'))
    const images = []
    for (const [platform, layers] of Object.entries(platforms)) {
      const paths: string[] = []
      for (const files of layers) paths.push(await packLayer(files))
      images.push({ platform, layers: paths })
    }
    await writeTarLayout(folder, images)
    return folder
  }

  it('finds what dpkg-query tells of this machine, with the licences that stand beside', { skip: missing('dpkg-query') }, async () => {
    const [tar, folder] = [join(pelago.folder, 'host.tar'), await mkdtemp(join(pelago.folder, 'layout-'))]
    const copyrights = readdirSync('/usr/share/doc').slice(0, 200).map((name) => `usr/share/doc/${name}`)
    await pack(tar, '/', ['var/lib/dpkg/status', 'etc/os-release', 'usr/lib/os-release', ...copyrights])
    await writeTarLayout(folder, [{ platform: 'linux/amd64', layers: [tar] }])
    const { stdout } = await runCommand(['dpkg-query', '-W', '-f', '${db:Status-Status} ${Package} ${Version} ${Architecture}\n'])
    const want = stdout.split('\n').flatMap((line) => (line.startsWith('installed ') ? [line.slice('installed '.length)] : []))
    const { platforms: [found] } = await read(folder)
    assert.deepEqual(found?.packages.map(({ name, version, architecture }) => `${name} ${version} ${architecture}`).sort(), want.sort())
    assert.ok(want.length > 100)
    assert.ok(found.packages.filter(({ license }) => license !== 'NOASSERTION').length > 50)
    assert.deepEqual(findSpdxFaults((await pelago.succeed(['sbom', '--format', 'spdx-json', folder])).stdout), [])
  })

  it('finds what npm says that it has installed', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const { packages } = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, { readonly version: string }>> }
    const want = new Map(Object.entries(packages).map(([path, { version }]) => [`${path.replace(/^.*node_modules\//, '')} ${version}`, join(root, path, 'package.json')]))
    const files: Record<string, string> = {}
    for (const path of Object.keys(packages)) {
      const text = await readFile(join(root, path, 'package.json'), 'utf8').catch(() => undefined)
      if (text !== undefined) files[join('app', path, 'package.json')] = text
    }
    assert.ok(Object.keys(files).length > 100)
    const folder = await layout({ 'linux/amd64': [files] })
    const { platforms: [found] } = await read(folder)
    const names = found?.packages.map(({ name, version }) => `${name} ${version}`) ?? []
    assert.deepEqual(names.filter((name) => !want.has(name)), [])
    assert.ok(names.length > 100)
    assert.deepEqual(findSpdxFaults((await pelago.succeed(['sbom', '--format', 'spdx-json', folder])).stdout), [])
  })

  it('tells what differs between platforms, and fails where that was the question', async () => {
    const of = (...packages: readonly ApkPackage[]): ContextFiles => ({ 'etc/os-release': OS_RELEASE, 'lib/apk/db/installed': alpine(MUSL, ...packages) })
    const folder = await layout({ 'linux/amd64': [of(['openssl', '3.3.2-r1', 'Apache-2.0'], ['curl', '8.9.1-r0', 'curl'])], 'linux/arm64': [of(['openssl', '3.3.1-r0', 'Apache-2.0'])] })
    const { platforms, differences } = await read(folder)
    assert.deepEqual(platforms.map(({ platform, distribution, packages }) => [platform, distribution?.versionId, packages.length]), [['linux/amd64', '3.20.3', 3], ['linux/arm64', '3.20.3', 2]])
    assert.deepEqual(differences?.map(({ name, difference, versions }) => [name, difference, versions['linux/arm64']]), [['curl', 'missing', []], ['openssl', 'version', ['3.3.1-r0']]])
    const comparison = await pelago.run(['sbom', '--compare-platforms', folder])
    assert.equal(comparison.exitCode, 1)
    assert.match(comparison.stdout, /^NOT THE SAME EVERYWHERE +KIND +AMD64 +ARM64\ncurl +apk +8\.9\.1-r0 +–\nopenssl +apk +3\.3\.2-r1 +3\.3\.1-r0\n$/m)
    const { stdout } = await pelago.succeed(['sbom', folder])
    assert.match(stdout, /^musl +1\.2\.5-r0 +apk +all +MIT +layer 1$/m)
    assert.match(stdout, /^openssl +3\.3\.1-r0 +apk +linux\/arm64 /m)
    const same = await layout({ 'linux/amd64': [of()], 'linux/arm64': [of()] })
    assert.match((await pelago.succeed(['sbom', '--compare-platforms', same])).stdout, /^all platforms have the same packages/m)
  })

  it('writes a document for each platform, the same each time', async () => {
    const of = (version: string): readonly ContextFiles[] => [{ 'lib/apk/db/installed': alpine(MUSL) }, { 'lib/apk/db/installed': alpine(MUSL, ['odd\u001b[31m', version, 'own terms']) }]
    const folder = await layout({ 'linux/amd64': of('1'), 'linux/arm/v7': of('2') })
    const [first, second] = [join(pelago.folder, 'first'), join(pelago.folder, 'second')]
    await pelago.succeed(['sbom', '--format', 'spdx-json', '--output', first, folder])
    await pelago.succeed(['sbom', '--format', 'spdx-json', '-o', second, folder], { env: { SOURCE_DATE_EPOCH: '0' } })
    assert.deepEqual((await readdir(first)).sort(), ['linux-amd64.spdx.json', 'linux-arm-v7.spdx.json'])
    for (const name of await readdir(first)) {
      const text = await readFile(join(first, name), 'utf8')
      assert.equal(await readFile(join(second, name), 'utf8'), text)
      assert.deepEqual(findSpdxFaults(text), [])
      const { creationInfo, packages } = JSON.parse(text) as { readonly creationInfo: { readonly created: string }; readonly packages: readonly { readonly name: string; readonly sourceInfo: string; readonly licenseDeclared: string }[] }
      assert.equal(creationInfo.created, '1970-01-01T00:00:00Z')
      assert.deepEqual(packages.slice(1).map(({ name, sourceInfo, licenseDeclared }) => [name, sourceInfo, licenseDeclared.slice(0, 15)]), [['musl', 'named by /lib/apk/db/installed; from layer 1 of 2', 'MIT'], ['odd\u001b[31m', 'named by /lib/apk/db/installed; from layer 2 of 2', 'LicenseRef-own-']])
    }
    const both = await pelago.run(['sbom', '--format', 'spdx-json', folder])
    assert.deepEqual([both.exitCode, both.stdout], [2, ''])
    assert.match(both.stderr, /one by --platform, or write a file for each by --output FOLDER/)
    assert.deepEqual(findSpdxFaults((await pelago.succeed(['sbom', '--format', 'spdx-json', '--platform', 'linux/arm/v7', folder])).stdout), [])
    assert.doesNotMatch((await pelago.succeed(['sbom', folder])).stdout, /\u001b/)
  })

  it('tells what came, went and changed since another image', async () => {
    const before = await layout({ 'linux/amd64': [{ 'lib/apk/db/installed': alpine(MUSL, ['a', '1.9-r0', 'MIT'], ['gone', '1', 'MIT']) }] })
    const now = await layout({ 'linux/amd64': [{ 'lib/apk/db/installed': alpine(MUSL, ['a', '1.10-r0', 'MIT']), 'app/node_modules/n/package.json': '{"name":"n","version":"1"}' }], 'linux/arm64': [{}] })
    const { platforms } = await read('--against', before, now)
    assert.deepEqual(platforms.map(({ changes }) => changes?.map(({ change, name, after: versions }) => `${change} ${name} ${versions.join()}`)), [['upgraded a 1.10-r0', 'added n 1', 'removed gone '], undefined])
    const { stdout } = await pelago.succeed(['sbom', '--against', before, now])
    assert.match(stdout, /^linux\/amd64 since .*: 1 upgraded, 1 added, 1 removed$/m)
    assert.match(stdout, /^upgraded +a +apk +1\.9-r0 +1\.10-r0$/m)
    assert.match(stdout, /^linux\/arm64: .* has nothing for it$/m)
  })

  it('refuses what it cannot answer, by name', async () => {
    const folder = await layout({ 'linux/amd64': [{}] })
    const cases: readonly (readonly [args: readonly string[], exitCode: number, message: RegExp])[] = [
      [['--compare-platforms'], 2, /has one platform only/],
      [['--against', folder, '--format', 'spdx-json'], 2, /no room for what --against tells/],
      [['--against', folder, '--compare-platforms'], 2, /two questions/],
      [['--platform', 'linux/riscv64'], 1, /there is no image for linux\/riscv64/],
      [['--format', 'cyclonedx-json'], 2, /--format/],
    ]
    for (const [args, exitCode, message] of cases) {
      const result = await pelago.run(['sbom', ...args, folder])
      assert.deepEqual([result.exitCode, result.stdout], [exitCode, ''], args.join(' '))
      assert.match(result.stderr, message)
    }
    assert.match((await pelago.succeed(['sbom', folder])).stdout, /^no packages were found$/m)
  })
})

async function pack(tar: string, root: string, paths: readonly string[]): Promise<void> {
  await mkdir(dirname(tar), { recursive: true })
  await writeFile(`${tar}.list`, paths.map((path) => `${path}\n`).join(''))
  const { exitCode, stderr } = await runCommand(['tar', '-cf', tar, '-C', root, '-T', `${tar}.list`])
  if (exitCode !== 0) throw new Error(stderr)
}
