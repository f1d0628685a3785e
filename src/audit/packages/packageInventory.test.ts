import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TarHeader } from '../../archive/tar.ts'
import { writeTar } from '../../archive/tarWriter.ts'
import { fromText } from '../../kit/byteString.ts'
import { findChangedPackages, findUnevenPackages } from './comparePackages.ts'
import { takeInventory, type PackageInventory } from './packageInventory.ts'
import { readLayerEvidence, type LayerEvidence } from './readLayerEvidence.ts'

const PLAIN: TarHeader = { kind: 'file', path: fromText(''), mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, linkTarget: fromText(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() }

/** Of files by path, and of links, which are written `> TARGET`. */
async function layer(files: Readonly<Record<string, string>>): Promise<LayerEvidence> {
  const entries = Object.entries(files).map(([path, text]) => {
    const link = text.startsWith('> ') ? text.slice(2) : undefined
    const bytes = Buffer.from(link === undefined ? text : '')
    return { header: { ...PLAIN, kind: link === undefined ? ('file' as const) : ('symlink' as const), linkTarget: fromText(link ?? ''), path: fromText(path), sizeBytes: bytes.byteLength }, content: [bytes] as unknown as AsyncIterable<Uint8Array> }
  })
  return await readLayerEvidence(writeTar(entries), AbortSignal.timeout(10_000))
}

function dpkg(...packages: readonly string[]): string {
  return packages.map((one) => one.split('=')).map(([name = '', version = '']) => `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: ${version}\n`).join('\n')
}

function told({ packages }: PackageInventory): readonly string[] {
  return packages.map(({ name, version, licenses, places }) => `${name} ${version} ${licenses.join(',')} ${places.map(({ path, layer: index }) => `${index}:${path}`).join(' ')}`)
}

const STATUS = 'var/lib/dpkg/status'

describe('takeInventory', () => {
  it('tells the layer that brought a package, and not the one that wrote the database last', async () => {
    const layers = [await layer({ [STATUS]: dpkg('a=1', 'b=1', 'c=1') }), await layer({ [STATUS]: dpkg('a=1', 'b=2', 'd=1') }), await layer({ [STATUS]: dpkg('a=1', 'b=2', 'c=1', 'd=1') })]
    assert.deepEqual(told(takeInventory(layers)), ['a 1  0:/var/lib/dpkg/status', 'b 2  1:/var/lib/dpkg/status', 'c 1  2:/var/lib/dpkg/status', 'd 1  1:/var/lib/dpkg/status'])
  })
  it('leaves out what a later layer has deleted, and what a distribution has brought itself', async () => {
    const [wheel, npm] = ['usr/lib/python3/dist-packages/x-1.dist-info/METADATA', 'srv/node_modules/n/package.json']
    const layers = [
      await layer({ [STATUS]: dpkg('python3-x=1'), 'var/lib/dpkg/info/python3-x.list': `/usr\n/${wheel}\n`, [wheel]: 'Name: x\nVersion: 1\n', [npm]: '{"name":"n","version":"1"}', 'srv/node_modules/m/package.json': '{"name":"m","version":"1"}' }),
      await layer({ 'srv/node_modules/n/.wh.package.json': '' }),
    ]
    assert.deepEqual(told(takeInventory(layers)), ['python3-x 1  0:/var/lib/dpkg/status', 'm 1  0:/srv/node_modules/m/package.json'])
  })
  it('counts a package that several files name once, and follows links to what tells of it', async () => {
    const manifest = '{"name":"n","version":"1"}'
    const found = takeInventory([
      await layer({ 'usr/lib/os-release': 'ID=debian\nVERSION_ID=12\n', 'etc/os-release': '> ../usr/lib/os-release', [STATUS]: dpkg('a-data=1'), 'usr/share/doc/a/copyright': 'see /usr/share/common-licenses/GPL-3', 'usr/share/doc/a-data': '> a' }),
      await layer({ 'x/node_modules/n/package.json': manifest, 'y/node_modules/n/package.json': manifest }),
    ])
    assert.deepEqual(told(found), ['a-data 1 GPL-3 0:/var/lib/dpkg/status', 'n 1  1:/x/node_modules/n/package.json 1:/y/node_modules/n/package.json'])
    assert.equal(found.packages[0]?.purl, 'pkg:deb/debian/a-data@1?arch=all&distro=debian-12')
  })
  it('tells what it could not read', async () => {
    const found = takeInventory([undefined, await layer({ 'node_modules/n/package.json': '{' })])
    assert.deepEqual([found.unreadLayers, found.unread, found.packages], [1, [{ path: '/node_modules/n/package.json', reason: 'it is no JSON object' }], []])
  })
})

describe('comparisons of packages', () => {
  const of = async (...packages: readonly string[]): Promise<PackageInventory['packages']> => takeInventory([await layer({ [STATUS]: dpkg(...packages) })]).packages

  it('find what platforms have otherwise, and no mere rebuild', async () => {
    const platforms = new Map([['linux/amd64', await of('a=1', 'b=1', 'c=2-1', 'd=1')], ['linux/arm64', await of('a=1', 'b=2', 'c=2-1+b3')]])
    assert.deepEqual(findUnevenPackages(platforms).map(({ name, difference, versions }) => [name, difference, ...versions.values()]), [['d', 'missing', ['1'], []], ['b', 'version', ['1'], ['2']]])
  })
  it('tell what came, went and changed', async () => {
    const changed = findChangedPackages(await of('a=1', 'b=1.9', 'c=2', 'd=1'), await of('a=1', 'b=1.10', 'c=1', 'e=1'))
    assert.deepEqual(changed.map(({ name, change, before, after }) => `${change} ${name} ${before.join()} ${after.join()}`), ['upgraded b 1.9 1.10', 'added e  1', 'downgraded c 2 1', 'removed d 1 '])
  })
})
