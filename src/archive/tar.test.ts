import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../ground/digest.ts'
import { asByteString, bytesOf, fromText, type ByteString } from '../kit/byteString.ts'
import { buffersInTurn } from '../kit/streams/chunkBuffers.ts'
import { isTar, readTar } from './tarReader.ts'
import { writeTar } from './tarWriter.ts'
import type { TarEntry, TarHeader, TarKind } from './tar.ts'

const PLAIN: TarHeader = {
  kind: 'file',
  path: fromText('file'),
  mode: 0o644,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  mtimeNs: 0n,
  linkTarget: fromText(''),
  deviceMajor: 0,
  deviceMinor: 0,
  xattrs: new Map(),
}

interface Whole {
  readonly header: TarHeader
  readonly bytes: Buffer
}

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.byteLength; offset += size) yield bytes.subarray(offset, offset + size)
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const gathered: Uint8Array[] = []
  for await (const chunk of chunks) gathered.push(chunk)
  return Buffer.concat(gathered)
}

async function archiveOf(entries: readonly Whole[]): Promise<Buffer> {
  return gather(writeTar(entries.map(({ header, bytes }): TarEntry => ({ header, content: chunksOf(bytes, 7000) }))))
}

async function entriesOf(archive: Uint8Array, chunkBytes = 1000): Promise<Whole[]> {
  const entries: Whole[] = []
  for await (const { header, content } of readTar(chunksOf(archive, chunkBytes))) entries.push({ header, bytes: await gather(content) })
  return entries
}

const LARGE_BYTES = 100_000

/** What stands before the content of a large file, of which no more than its beginning is read. */
async function headBytes(header: TarHeader): Promise<number> {
  for await (const chunk of writeTar([{ header, content: chunksOf(Buffer.alloc(LARGE_BYTES), LARGE_BYTES) }])) return chunk.byteLength
  return 0
}

describe('an archive', () => {
  const name = fc.array(fc.integer({ min: 1, max: 255 }).filter((byte) => byte !== 0x2f), { minLength: 1, maxLength: 120 }).map((bytes) => String.fromCharCode(...bytes))
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names): ByteString => asByteString(names.join('/')))
  const id = fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 2 ** 21, max: 2 ** 32 - 2 }))
  const timeNs = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 33n }).map((seconds) => seconds * 1_000_000_000n), fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }))
  const xattrs = fc.array(fc.tuple(fc.stringMatching(/^user\.[a-z0-9]{1,8}$/), fc.uint8Array({ maxLength: 40 })), { maxLength: 3 }).map((pairs) => new Map(pairs))
  const file = fc.record({ path, mode: fc.integer({ min: 0, max: 0o7777 }), uid: id, gid: id, mtimeNs: timeNs, xattrs, bytes: fc.uint8Array({ maxLength: 2000 }) })
  const kind = fc.constantFrom<TarKind>('file', 'folder', 'symlink', 'hardlink', 'character-device', 'block-device', 'fifo')

  it('comes back as it was written, whatever the chunks', async () => {
    const entry = fc.tuple(kind, file, path, fc.integer({ min: 0, max: 4095 })).map(([kind, { bytes, ...common }, target, device]): Whole => {
      const isDevice = kind === 'character-device' || kind === 'block-device'
      const isLink = kind === 'symlink' || kind === 'hardlink'
      const content = kind === 'file' ? Buffer.from(bytes) : Buffer.alloc(0)
      const header: TarHeader = { ...common, kind, sizeBytes: content.byteLength, linkTarget: isLink ? target : fromText(''), deviceMajor: isDevice ? device : 0, deviceMinor: isDevice ? device : 0 }
      return { header, bytes: content }
    })
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 6 }), fc.integer({ min: 1, max: 5000 }), async (entries, chunkBytes) => {
        assert.deepEqual(await entriesOf(await archiveOf(entries), chunkBytes), entries)
      }),
      { numRuns: 60 },
    )
  })

  it('is read with the content whole where it is at hand, and the same otherwise', async () => {
    const files = ['', 'a', 'b'.repeat(512), 'c'.repeat(5000)].map((text): Whole => ({ header: { ...PLAIN, sizeBytes: text.length }, bytes: Buffer.from(text) }))
    const read = async (chunkBytes: number): Promise<(number | undefined)[]> => {
      const sizes: (number | undefined)[] = []
      for await (const { whole, content } of readTar(chunksOf(await archiveOf(files), chunkBytes))) {
        sizes.push(whole?.byteLength)
        if (whole !== undefined) assert.ok((await gather(content)).equals(whole))
      }
      return sizes
    }
    assert.deepEqual(await read(100_000), [0, 1, 512, 5000])
    assert.deepEqual(await read(512), [0, undefined, undefined, undefined])
  })

  it('has the bytes of a known one', async () => {
    const entries: Whole[] = [
      { header: { ...PLAIN, kind: 'folder', path: fromText('dir'), mode: 0o755, mtimeNs: 1_700_000_000_000_000_000n }, bytes: Buffer.alloc(0) },
      { header: { ...PLAIN, path: fromText('dir/ü'), sizeBytes: 2, xattrs: new Map([['security.capability', Buffer.from([1, 0, 2])]]) }, bytes: Buffer.from('hi') },
    ]
    assert.equal(digestOf(await archiveOf(entries)), 'sha256:6b0117ca3b6a61a5ecbc75893f4193d6ae3e2fab94ae4532cd8ddab59ecd3a27')
  })

  it('needs no record for what ustar holds', async () => {
    assert.equal(await headBytes({ ...PLAIN, uid: 2 ** 21 - 1, sizeBytes: 8 ** 11 - 1, path: fromText('x'.repeat(100)) }), 512)
  })

  for (const { name, header } of [
    { name: 'a path of 101 bytes', header: { path: fromText('x'.repeat(101)) } },
    { name: 'an id of 2^21', header: { uid: 2 ** 21 } },
    { name: 'a size of 8 GiB', header: { sizeBytes: 8 ** 11 } },
    { name: 'a part of a second', header: { mtimeNs: 1n } },
    { name: 'a time before 1970', header: { mtimeNs: -1_000_000_000n } },
  ]) {
    it(`says ${name} in a record`, async () => assert.equal(await headBytes({ ...PLAIN, sizeBytes: LARGE_BYTES, ...header }), 3 * 512))
  }

  it('has the same bytes with content that is filled in, in buffers that are used again, each good until as many more were asked for', async () => {
    const files = [0, 1, 512, 30_000, 40_000, 700_000, 400_000, 3_000_000, 5, 1_000_000].map((length, index): Whole => ({ header: { ...PLAIN, sizeBytes: length }, bytes: Buffer.alloc(length, index + 1) }))
    const filled = files.map(({ header, bytes }): TarEntry => ({ header, content: chunksOf(bytes, 100_000), fill: (target) => target.set(bytes) }))
    const held: Uint8Array[] = []
    const copies: Buffer[] = []
    for await (const chunk of writeTar(filled, { buffers: (sizeBytes) => buffersInTurn(sizeBytes, 3) })) {
      if (held.push(chunk) > 2) copies.push(Buffer.from(held.shift() ?? chunk)) // two more were asked for
    }
    assert.ok(Buffer.concat([...copies, ...held]).equals(await archiveOf(files)))
  })

  it('refuses content that is shorter or longer than its header says', async () => {
    for (const bytes of ['abc', 'abcde']) {
      await assert.rejects(archiveOf([{ header: { ...PLAIN, sizeBytes: 4 }, bytes: Buffer.from(bytes) }]), /not 4 bytes/)
    }
  })
})

describe('reading a damaged archive', () => {
  let archive: Buffer
  before(async () => {
    archive = await archiveOf([{ header: { ...PLAIN, sizeBytes: 1500, xattrs: new Map([['user.a', Buffer.from('b')]]) }, bytes: Buffer.alloc(1500, 'x') }])
  })

  for (const { name, damage } of [
    { name: 'that ends in its content', damage: (bytes: Buffer) => bytes.subarray(0, 3 * 512 + 700) },
    { name: 'that ends in a header', damage: (bytes: Buffer) => bytes.subarray(0, 2 * 512 + 100) },
    { name: 'whose checksum is wrong', damage: (bytes: Buffer) => Buffer.concat([Buffer.from('Z'), bytes.subarray(1)]) },
    { name: 'that is none', damage: () => Buffer.alloc(2048, 'not a tar') },
    { name: 'whose record has a wrong length', damage: (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 512), Buffer.from('99'), bytes.subarray(514)]) },
  ]) {
    it(`refuses one ${name}`, async () => {
      await assert.rejects(entriesOf(damage(archive)), { name: 'TarInvalidError', kind: 'corrupt' })
    })
  }

  it('never fails in another way, whatever byte is changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.byteLength - 1), fc.nat(255), async (offset, byte) => {
        const damaged = Buffer.from(archive)
        damaged[offset] = byte
        await entriesOf(damaged).catch((error: unknown) => assert.equal((error as Error).name, 'TarInvalidError'))
      }),
      { numRuns: 300 },
    )
  })

  it('stops reading its source when the reader stops', async () => {
    let isClosed = false
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* chunksOf(archive, 600)
      } finally {
        isClosed = true
      }
    }
    for await (const { header } of readTar(source())) {
      assert.equal(header.path, 'file')
      break
    }
    assert.equal(isClosed, true)
  })

  it('skips content that nobody reads', async () => {
    const two = await archiveOf(['a', 'b'].map((path) => ({ header: { ...PLAIN, path: fromText(path), sizeBytes: 1500 }, bytes: Buffer.alloc(1500) })))
    const paths: string[] = []
    for await (const { header } of readTar(chunksOf(two, 100))) paths.push(header.path)
    assert.deepEqual(paths, ['a', 'b'])
  })

  it('tells an archive by its first block', () => {
    assert.equal(isTar(archive.subarray(0, 512)), true)
    assert.equal(isTar(Buffer.alloc(512)), false)
    assert.equal(isTar(Buffer.from('short')), false)
  })
})

describe('GNU tar', () => {
  let folder = ''
  const longName = 'l'.repeat(150)
  const sparseBytes = Buffer.alloc(3_000_000)
  for (let offset = 65_536; offset < sparseBytes.byteLength; offset += 131_072) sparseBytes.fill('s', offset, offset + 4096)

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pelago-tar-'))
    const source = join(folder, 'source')
    mkdirSync(join(source, longName), { recursive: true })
    writeFileSync(join(source, longName, longName), 'long')
    writeFileSync(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff, 0x0a])]), 'bytes')
    writeFileSync(join(source, 'sparse'), sparseBytes)
    execFileSync('sh', ['-c', 'fallocate -d sparse || true; ln sparse twin; ln -s nowhere link; mkfifo pipe; chmod 6755 sparse; touch -d "2020-01-01 00:00:00.123456789 UTC" sparse'], { cwd: source, stdio: 'ignore' })
  })
  after(() => rmSync(folder, { recursive: true }))

  const commands = ['gnu', 'gnu --sparse', 'pax', 'pax --sparse --sparse-version=0.0', 'pax --sparse --sparse-version=0.1', 'pax --sparse --sparse-version=1.0']
  for (const command of commands) {
    it(`writes what is read here: --format=${command}`, async () => {
      const archive = execFileSync('tar', [`--format=${command.split(' ')[0] ?? ''}`, ...command.split(' ').slice(1), '--sort=name', '-c', '-C', join(folder, 'source'), '.'], { maxBuffer: 2 ** 26 })
      const entries = new Map((await entriesOf(archive, 65_000)).map((entry) => [entry.header.path as string, entry]))
      assert.deepEqual([...entries.keys()], ['.', './link', `./${longName}`, `./${longName}/${longName}`, './pipe', './sparse', './twin', './\xff\n'])
      assert.ok(entries.get('./sparse')?.bytes.equals(sparseBytes))
      assert.equal(entries.get('./sparse')?.header.mode, 0o6755)
      assert.equal(entries.get('./twin')?.header.linkTarget, './sparse')
      assert.equal(entries.get('./link')?.header.linkTarget, 'nowhere')
    })
  }

  it('unpacks what is written here', async () => {
    const entries: Whole[] = [
      { header: { ...PLAIN, kind: 'folder', path: fromText('d'.repeat(120)), mode: 0o755 }, bytes: Buffer.alloc(0) },
      { header: { ...PLAIN, path: asByteString(`${'d'.repeat(120)}/\xfe`), sizeBytes: 5, mtimeNs: 1_577_836_800_123_456_789n }, bytes: Buffer.from('bytes') },
      { header: { ...PLAIN, kind: 'symlink', path: fromText('link'), linkTarget: fromText('t'.repeat(200)) }, bytes: Buffer.alloc(0) },
    ]
    const target = join(folder, 'target')
    mkdirSync(target)
    execFileSync('tar', ['-x', '-C', target], { input: await archiveOf(entries) })
    const file = Buffer.concat([Buffer.from(`${target}/${'d'.repeat(120)}/`), bytesOf(asByteString('\xfe'))])
    assert.equal(readFileSync(file, 'utf8'), 'bytes')
    assert.equal(lstatSync(file, { bigint: true }).mtimeNs, 1_577_836_800_123_456_789n)
    assert.equal(readlinkSync(join(target, 'link')), 't'.repeat(200))
    assert.deepEqual(readdirSync(target), ['d'.repeat(120), 'link'])
  })
})
