import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { type Pelago } from '../support/pelago.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

/** What of the JSON document is looked at. */
interface Document {
  readonly from: string
  readonly platforms: readonly {
    readonly platform: string
    readonly compressedBytes: number
    readonly sizeBytes: number
    readonly visibleBytes: number
    readonly fileCount: number
    readonly layers: readonly { readonly step: string; readonly compressedBytes: number; readonly sizeBytes: number; readonly fileCount: number; readonly isShared: boolean }[]
    readonly savings: readonly { readonly rule: string; readonly layer: number; readonly byLayer?: number; readonly sizeBytes: number; readonly estimatedCompressedBytes: number; readonly examples: readonly { readonly path: string }[] }[]
    readonly growth?: { readonly beforeBytes: number; readonly afterBytes: number; readonly files: readonly { readonly path: string; readonly kind: string }[] }
  }[]
  readonly spread?: { readonly equal: { readonly fileCount: number }; readonly partial: readonly { readonly platforms: readonly string[]; readonly folder: string }[]; readonly uneven: readonly { readonly path: string }[] }
}

interface ComparisonDocument {
  readonly identical: boolean
  readonly platforms: readonly {
    readonly platform: string
    readonly result: string
    readonly config?: readonly { readonly field: string; readonly second?: string }[]
    readonly equalLayers?: number
    readonly layers?: readonly { readonly missingIn?: string; readonly step: string; readonly files: readonly { readonly path: string; readonly kind: string }[] }[]
  }[]
}

/** Of the file that is copied thrice. */
const DATA_BYTES = 300_000

describe('pelago sizes and imagetools compare', { skip: missingForBuilds() }, () => {
  let pelago: Pelago
  let workbench: Workbench
  let registry: DockerRegistry
  let base: string
  let app: string
  const read = async (...args: readonly string[]): Promise<Document> => JSON.parse((await pelago.succeed(['sizes', ...args, '--format', 'json'])).stdout) as Document
  before(async () => {
    ({ registry, pelago, base } = workbench = await openWorkbench())
    app = `${registry.host}/app:2`
    const context = await pelago.context({
      'data.txt': 'x'.repeat(DATA_BYTES),
      'arm64/extra.txt': 'y'.repeat(20_000),
      'arm64/common.txt': '',
      'amd64/common.txt': '',
      'notes.txt': 'z'.repeat(50_000),
      Dockerfile: [
        `FROM ${base}`,
        'ARG TARGETARCH',
        'COPY data.txt /data.txt',
        'RUN rm /data.txt',
        'COPY notes.txt /usr/share/doc/app/notes.txt',
        'RUN chmod 600 /usr/share/doc/app/notes.txt',
        'COPY $TARGETARCH/ /opt/tool/',
        'COPY data.txt /srv/a.txt',
        'COPY data.txt /srv/b.txt',
      ].join('\n'),
    })
    await pelago.succeed(['build', '--platform', 'linux/amd64,linux/arm64', '-t', app, '--push', context])
    await pelago.succeed(['image', 'rm', app])
  })
  after(() => workbench[Symbol.asyncDispose]())

  it('tells layers with their steps, and what they take', async () => {
    const { from, platforms } = await read(app)
    assert.equal(from, 'registry')
    assert.deepEqual(platforms.map(({ platform }) => platform), ['linux/amd64', 'linux/arm64'])
    for (const { layers, compressedBytes, sizeBytes } of platforms) {
      assert.deepEqual(layers.slice(1).map(({ step, sizeBytes: bytes, fileCount }) => [step.replace(/^RUN (?:\|\d+ .*? )?\/bin\/sh -c /, 'RUN '), bytes, fileCount]).filter(([step]) => !String(step).includes('/opt/tool')), [
        ['COPY data.txt /data.txt', DATA_BYTES, 1],
        ['RUN rm /data.txt', 0, 0],
        ['COPY notes.txt /usr/share/doc/app/notes.txt', 50_000, 1],
        ['RUN chmod 600 /usr/share/doc/app/notes.txt', 50_000, 1],
        ['COPY data.txt /srv/a.txt', DATA_BYTES, 1],
        ['COPY data.txt /srv/b.txt', DATA_BYTES, 1],
      ])
      assert.equal(sizeBytes, layers.reduce((sum, layer) => sum + layer.sizeBytes, 0))
      assert.equal(compressedBytes, layers.reduce((sum, layer) => sum + layer.compressedBytes, 0))
    }
  })
  it('finds what could go, in which layer', async () => {
    const { platforms: [amd64] } = await read(app, '--platform', 'linux/amd64')
    const found = amd64?.savings.map(({ rule, layer, byLayer, sizeBytes, examples }) => `${rule} ${layer} ${byLayer ?? '-'} ${sizeBytes} ${examples.map(({ path }) => path).join(' ')}`).filter((line) => !line.includes(' 0 - '))
    assert.deepEqual(found, [`deleted-later 1 2 ${DATA_BYTES} /data.txt`, `duplicates 7 - ${DATA_BYTES} /srv/b.txt`, 'touched-later 3 4 50000 /usr/share/doc/app/notes.txt', 'documentation 4 - 50000 /usr/share/doc/app/notes.txt'])
  })
  it('tells what the platforms share, and what only one has', async () => {
    const { spread, platforms } = await read(app)
    assert.ok((spread?.equal.fileCount ?? 0) >= 3)
    assert.ok(platforms[0]?.layers.some(({ isShared }) => isShared))
    assert.deepEqual(spread?.partial.filter(({ folder }) => folder === '/opt/tool').map(({ platforms: on }) => on), [['linux/arm64']])
    const { stdout } = await pelago.succeed(['sizes', app])
    assert.match(stdout, /^on all platforms: \d+ layers are the same \(/m)
  })
  it('takes a name of the local store, a layout and an archive for the same', async () => {
    const [layout, archive] = [join(pelago.folder, 'layout'), join(pelago.folder, 'app.tar')]
    await pelago.succeed(['pull', app])
    await pelago.succeed(['save', '-o', archive, app])
    await pelago.succeed(['build', '-o', `type=oci,tar=false,dest=${layout}`, '--platform', 'linux/amd64', await pelago.context({ Dockerfile: `FROM ${app}\n` })])
    const found = [await read(app, '--platform', 'linux/amd64'), await read(archive, '--platform', 'linux/amd64'), await read(layout)]
    assert.deepEqual(found.map(({ from }) => from), ['local store', 'archive', 'layout'])
    const seen = found.map(({ platforms: [one] }) => one?.layers.map(({ sizeBytes, fileCount, compressedBytes }) => [sizeBytes, fileCount, compressedBytes]))
    assert.deepEqual(seen[1], seen[0])
    assert.deepEqual(seen[2], seen[0])
  })
  it('tells what grew since another image, on each platform, and what has no older one', async () => {
    const lone = await pelago.context({ Dockerfile: `FROM ${base}\nRUN mkdir -p /opt && echo 1 > /opt/gone\n` })
    await pelago.succeed(['build', '--platform', 'linux/amd64', '-t', 'app:1', lone])
    const { platforms } = await read(app, '--against', 'app:1')
    const [amd64, arm64] = platforms
    assert.equal((amd64?.growth?.afterBytes ?? 0) - (amd64?.growth?.beforeBytes ?? 0), 2 * DATA_BYTES + 50_000 - 2)
    assert.deepEqual(amd64?.growth?.files.map(({ kind, path }) => `${kind} ${path}`).sort(), ['gone /opt/gone', 'new /srv/a.txt', 'new /srv/b.txt', 'new /usr/share/doc/app/notes.txt'])
    assert.equal(arm64?.growth, undefined)
    const { stdout } = await pelago.succeed(['sizes', app, '--against', 'app:1', '--top', '1'])
    assert.match(stdout, /^linux\/amd64 since app:1: \+650kB unpacked/m)
    assert.match(stdout, /^\+300kB +new +300kB +\/srv\/[ab]\.txt\nand 3 more files: --top 4$/m)
    assert.match(stdout, /^linux\/arm64: app:1 has nothing for it$/m)
  })
  it('refuses what is no number of lines, and a platform that is not there', async () => {
    const wrong = await pelago.run(['sizes', app, '--top', '0'])
    assert.deepEqual([wrong.exitCode, wrong.stdout], [2, ''])
    const absent = await pelago.run(['sizes', app, '--platform', 'linux/riscv64'])
    assert.equal(absent.exitCode, 1)
    assert.match(absent.stderr, /there is no image for linux\/riscv64/)
  })

  /** Exit code, and for each platform what it comes to. */
  const compare = async (...args: readonly string[]): Promise<{ readonly exitCode: number; readonly results: readonly string[]; readonly document: ComparisonDocument }> => {
    const { exitCode, stdout, stderr } = await pelago.run(['imagetools', 'compare', ...args, '--format', 'json'])
    assert.ok(stdout.startsWith('{'), stderr)
    const document = JSON.parse(stdout) as ComparisonDocument
    return { exitCode, results: document.platforms.map(({ platform, result }) => `${platform} ${result}`), document }
  }

  it('finds an image the same in registry and archive, and as a layout that is otherwise packed', async () => {
    const [layout, archive] = [join(pelago.folder, 'unpacked'), join(pelago.folder, 'same.tar')]
    await pelago.succeed(['pull', app])
    await pelago.succeed(['save', '-o', archive, app])
    await pelago.succeed(['build', '-o', `type=oci,tar=false,dest=${layout},compression=uncompressed,force-compression=true`, '--platform', 'linux/amd64,linux/arm64', await pelago.context({ Dockerfile: `FROM ${app}\n` })])
    const same = await compare(app, archive)
    assert.deepEqual([same.exitCode, same.document.identical, same.results], [0, true, ['linux/amd64 same', 'linux/arm64 same']])
    const packed = await compare(app, layout)
    assert.deepEqual([packed.exitCode, packed.results], [0, ['linux/amd64 same-content', 'linux/arm64 same-content']])
    assert.match((await pelago.succeed(['imagetools', 'compare', app, layout])).stdout, /the images are the same; what differs is how they are packed/)
  })
  it('tells what differs: platforms, fields of the config, layers and files', async () => {
    const context = await pelago.context({ 'new.txt': 'new', Dockerfile: `FROM ${app}\nENV A=b\nCOPY new.txt /srv/new.txt\n` })
    await pelago.succeed(['build', '--platform', 'linux/amd64', '-t', 'app:3', context])
    const { exitCode, results, document } = await compare(app, 'app:3')
    assert.deepEqual([exitCode, document.identical, results], [1, false, ['linux/amd64 different', 'linux/arm64 missing']])
    const [amd64] = document.platforms
    assert.deepEqual(amd64?.config?.map(({ field, second }) => [field, second]), [['config.Env[1]', '"A=b"']])
    assert.equal(amd64.equalLayers, 8)
    assert.deepEqual(amd64.layers?.map(({ missingIn, step, files }) => [missingIn, step, files.map(({ path, kind }) => `${kind} ${path}`)]), [['first', 'COPY new.txt /srv/new.txt', ['only-second /srv', 'only-second /srv/new.txt']]])
    const { stdout } = await pelago.run(['imagetools', 'compare', app, 'app:3'])
    assert.match(stdout, /^linux\/amd64 .* differs: 1 field; 8 of 8 and 9 layers equal; 2 files added$/m)
    assert.match(stdout, /^linux\/arm64 .* – +only in the first$/m)
    const same = await compare(app, app, '--platform', 'linux/arm64')
    assert.deepEqual([same.exitCode, same.results], [0, ['linux/arm64 same']])
  })
})
