import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { EMPTY_CONTAINER_CONFIG, emptyImageConfig, type ContainerConfig } from '../../ground/oci/imageConfig.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { asByteString, type ByteString } from '../../kit/byteString.ts'
import { auditPlatform, type AuditedImage } from '../auditPlatform.ts'
import type { DynamicLinking, ElfFacts } from '../elf/elfFacts.ts'
import type { FileContent, LayerEntry, LayerFacts } from '../facts/layerFacts.ts'
import { buildRoot } from '../tree/imageTree.ts'
import { auditOnBaseline, type Baseline } from './auditOnBaseline.ts'
import { judgeBaseline } from './judgeBaseline.ts'
import { readPackedJudgement } from './packedJudgement.ts'
import { readPackedTree } from './readPackedTree.ts'
import { packTree } from './packTree.ts'

const LOADER = 'lib64/ld-linux-x86-64.so.2'
const FOLDERS = ['usr/bin', 'usr/lib', 'lib', 'lib64', 'bin', 'opt/x', 'opt/x/lib', 'etc', 'usr/lib/x86_64-linux-gnu', 'opt/aarch64-linux-gnu'].map(asByteString)
const LIBRARIES = ['libc.so.6', 'libx.so.1', 'liby.so.2', 'libz.so'].map(asByteString)
const NAMES = [...LIBRARIES, ...['app', 'tool', 'python3', 'sh', 'env', 'd', 'ld-linux-x86-64.so.2', 'ld-musl-x86_64.so.1', 'ld.so.conf', '\xc3\xa9'].map(asByteString)]

const some = <T>(one: fc.Arbitrary<T>, maxLength = 3): fc.Arbitrary<T[]> => fc.array(one, { maxLength })
const library = fc.constantFrom(...LIBRARIES)
const place = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...FOLDERS), fc.constantFrom(...NAMES)).map(([folder, name]) => asByteString(`${folder}/${name}`)) },
  { weight: 1, arbitrary: fc.constantFrom(...FOLDERS, asByteString(LOADER), asByteString('usr'), asByteString('etc/ld.so.conf'), asByteString('lib/ld-musl-x86_64.so.1'), asByteString('etc/ld-musl-x86_64.path')) },
)
const folders = some(fc.constantFrom('/opt/x/lib', '$ORIGIN', '$ORIGIN/../lib', '/lib', '/opt/x/d/../lib').map(asByteString), 2)
const linking = fc.record<DynamicLinking>({
  kind: fc.constant('dynamic'),
  soname: fc.option(library, { nil: undefined }),
  needed: some(fc.oneof(library, fc.constant(asByteString('/opt/x/lib/libx.so.1')))),
  rpath: folders,
  runpath: folders,
  versionsNeeded: some(fc.record({ library, versions: some(fc.constantFrom('X_1', 'X_2').map(asByteString)) }), 2),
  versionsDefined: some(fc.constantFrom('X_1', 'X_2').map(asByteString), 2),
})
const elf = fc.record<ElfFacts>({
  architecture: fc.oneof({ weight: 8, arbitrary: fc.constant('amd64') }, { weight: 1, arbitrary: fc.constantFrom('arm64', '386') }),
  kind: fc.constantFrom('program', 'library', 'library', 'object'),
  floats: fc.constant('unknown'),
  foreignSystem: fc.constantFrom(undefined, undefined, undefined, 'freebsd'),
  cpuLevel: fc.constantFrom('', '', 'v3'),
  loader: fc.constantFrom(undefined, asByteString(`/${LOADER}`), asByteString('/lib/ld-musl-x86_64.so.1')),
  linking: fc.oneof({ weight: 5, arbitrary: linking }, { weight: 1, arbitrary: fc.constant({ kind: 'static' as const }) }),
})
const content = fc.oneof(
  { weight: 6, arbitrary: elf.map((facts): FileContent => ({ kind: 'elf', elf: facts })) },
  { weight: 2, arbitrary: fc.constantFrom('/bin/sh', '/usr/bin/env python3', '/usr/bin/python3 -u', '/bin/sh\r', '/opt/x').map((line): FileContent => ({ kind: 'script', line: asByteString(line) })) },
  { weight: 1, arbitrary: fc.constantFrom('/opt/x/lib\n', '/opt/x\n/lib\n', 'include /etc/*.conf\n').map((text): FileContent => ({ kind: 'search-paths', text: asByteString(text) })) },
  { weight: 1, arbitrary: fc.constantFrom<FileContent>({ kind: 'other' }, { kind: 'empty' }, { kind: 'foreign', system: 'Windows' }) },
)
const target = fc.oneof(place, place.map((path) => asByteString(`/${path}`)), fc.constantFrom('usr/lib', 'usr/bin', '../opt/x', 'libx.so.1', 'app').map(asByteString))
const entry: fc.Arbitrary<LayerEntry> = fc.oneof(
  { weight: 12, arbitrary: fc.record<LayerEntry & { readonly kind: 'file' }>({ kind: fc.constant('file'), path: place, mode: fc.constantFrom(0o755, 0o755, 0o644, 0o4755), hasCapabilities: fc.constantFrom(false, false, true), content }) },
  { weight: 3, arbitrary: fc.tuple(place, target).map(([path, to]): LayerEntry => ({ kind: 'symlink', path, target: to })) },
  { weight: 1, arbitrary: fc.tuple(place, place).map(([path, to]): LayerEntry => ({ kind: 'hardlink', path, target: to })) },
  { weight: 1, arbitrary: place.map((path): LayerEntry => ({ kind: 'folder', path })) },
  { weight: 1, arbitrary: place.map((path): LayerEntry => ({ kind: 'special', path })) },
  { weight: 3, arbitrary: place.map((path): LayerEntry => ({ kind: 'removal', path })) },
  { weight: 1, arbitrary: fc.constantFrom(...FOLDERS, asByteString('')).map((path): LayerEntry => ({ kind: 'opaque', path })) },
)
/** What a working system is made of: programs that ask for the loader, libraries where it looks for them. */
const programPath = fc.constantFrom('usr/bin/app', 'usr/bin/tool', 'usr/bin/zed', 'opt/x/app').map(asByteString)
const libraryPath = fc.tuple(fc.constantFrom('usr/lib', 'usr/lib/x86_64-linux-gnu', 'opt/x/lib'), library).map(([folder, name]) => asByteString(`${folder}/${name}`))
const ownArchitecture: Pick<ElfFacts, 'architecture' | 'floats' | 'foreignSystem' | 'cpuLevel'> = { architecture: 'amd64', floats: 'unknown', foreignSystem: undefined, cpuLevel: '' }
const entryOf = (path: ByteString, facts: ElfFacts): LayerEntry => ({ kind: 'file', path, mode: 0o755, hasCapabilities: false, content: { kind: 'elf', elf: facts } })
const working: fc.Arbitrary<LayerEntry> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(programPath, linking).map(([path, links]) => entryOf(path, { ...ownArchitecture, kind: 'program', loader: asByteString(`/${LOADER}`), linking: { ...links, soname: undefined } })) },
  { weight: 5, arbitrary: fc.tuple(libraryPath, linking).map(([path, links]) => entryOf(path, { ...ownArchitecture, kind: 'library', loader: undefined, linking: { ...links, soname: asByteString(path.slice(path.lastIndexOf('/') + 1)) } })) },
  { weight: 1, arbitrary: fc.tuple(programPath, programPath).map(([path, to]): LayerEntry => ({ kind: 'hardlink', path, target: to })) },
)
const loader = entryOf(asByteString(LOADER), { ...ownArchitecture, kind: 'library', loader: undefined, linking: { kind: 'static' } })
const removed = fc.oneof(programPath, libraryPath).map((path): LayerEntry => ({ kind: 'removal', path }))

/** As they come back from where they are kept. */
const layerOf = (entries: readonly LayerEntry[]): LayerFacts => JSON.parse(JSON.stringify({ entries })) as LayerFacts

interface KnownImage extends AuditedImage {
  readonly layers: readonly LayerFacts[]
}

function imageOf(layers: readonly LayerFacts[], container: Partial<ContainerConfig> = {}): KnownImage {
  const platform = parsePlatform('linux/amd64')
  return { platform, config: { ...emptyImageConfig(platform), container: { ...EMPTY_CONTAINER_CONFIG, ...container } }, layers, baseLayers: undefined }
}

function baselineOf(image: KnownImage, count: number): Baseline {
  const tree = readPackedTree(packTree(buildRoot(image.layers.slice(0, count)), count))
  return { tree, judgement: readPackedJudgement(judgeBaseline(tree, image)) }
}

function assertSame(image: KnownImage, count: number): void {
  assert.deepEqual(auditOnBaseline(baselineOf(image, count), image.layers.slice(count), image), auditPlatform(image))
}

const RUNS = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) }

describe('auditOnBaseline', () => {
  it('says of any layers on any others what an audit of all says', () => {
    const upper = fc.array(fc.array(entry, { maxLength: 5 }), { minLength: 1, maxLength: 3 })
    const env = fc.constantFrom<readonly string[]>([], ['LD_LIBRARY_PATH=/opt/x/lib'], ['PATH=/opt/x:/usr/bin'])
    const cmd = fc.constantFrom<readonly string[] | undefined>(undefined, ['app'], ['/usr/bin/tool'])
    fc.assert(
      fc.property(fc.array(entry, { minLength: 4, maxLength: 24 }), upper, env, cmd, (base, layers, variables, command) => {
        const image = imageOf([base, ...layers].map(layerOf), { env: variables, cmd: command })
        for (let count = 1; count <= image.layers.length; count += 1) assertSame(image, count)
      }),
      RUNS,
    )
  })
  it('says it where programs work but for what changes', () => {
    const change = fc.oneof({ weight: 4, arbitrary: working }, { weight: 4, arbitrary: removed }, { weight: 1, arbitrary: entry })
    fc.assert(
      fc.property(fc.array(working, { minLength: 3, maxLength: 14 }), fc.array(change, { minLength: 1, maxLength: 4 }), (base, changes) => assertSame(imageOf([[loader, ...base], changes].map(layerOf)), 1)),
      RUNS,
    )
  })
})
