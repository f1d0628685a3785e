import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { foldLayers } from './imageFiles.ts'
import { makeLayer } from './layerFiles.suite.ts'
import { measureGrowth } from './growth.ts'
import { comparePlatforms, createGeneralizer, type PlatformSpread } from './platformSpread.ts'

async function compare(images: Readonly<Record<string, Parameters<typeof makeLayer>[0]>>): Promise<PlatformSpread> {
  const platforms = await Promise.all(Object.entries(images).map(async ([architecture, files]) => ({ platform: `linux/${architecture}`, architecture, image: foldLayers([await makeLayer(files)]) })))
  return comparePlatforms(platforms)
}

describe('comparePlatforms', () => {
  it('counts what is equal on all, and takes names of the architecture for the same', async () => {
    const { equal, partial, uneven } = await compare({
      amd64: { 'etc/a': 'same', 'usr/lib/x86_64-linux-gnu/libx.so': 'one', 'lib64/ld-linux-x86-64.so.2': 'loader' },
      arm64: { 'etc/a': 'same', 'usr/lib/aarch64-linux-gnu/libx.so': 'two', 'lib/ld-linux-aarch64.so.1': 'other' },
    })
    assert.deepEqual({ equal, partial, uneven }, { equal: { fileCount: 1, sizeBytes: 4 }, partial: [], uneven: [] })
  })
  it('groups what some platforms lack by folder and reason, the biggest first', async () => {
    const { partial } = await compare({
      amd64: { 'usr/lib/glibc-hwcaps/x86-64-v3/libz.so': 'x'.repeat(9), 'opt/tool/a': 'x', 'opt/tool/b': 'xx' },
      arm64: { 'opt/tool/a': 'x' },
      s390x: { 'opt/tool/b': 'yy', 'opt/tool/a': 'x' },
    })
    assert.deepEqual(partial.map(({ platforms, folder, reason, sizeBytes, fileCount }) => `${platforms.join('+')} ${folder} ${sizeBytes}/${fileCount} ${reason}`), [
      'linux/amd64 /usr/lib/glibc-hwcaps 9/1 libraries for levels of one CPU',
      'linux/amd64+linux/s390x /opt/tool 2/1 what its step brought',
    ])
  })
  it('names files of very different sizes', async () => {
    const { uneven } = await compare({ amd64: { app: 'x'.repeat(200_000), lib: 'x'.repeat(200_000), tiny: 'x' }, arm64: { app: 'x'.repeat(100_000), lib: 'x'.repeat(180_000), tiny: 'xxxx' } })
    assert.deepEqual(uneven.map(({ path, sizes }) => [path, ...sizes.map(({ sizeBytes }) => sizeBytes)]), [['/app', 200_000, 100_000]])
  })
})

describe('createGeneralizer', () => {
  const cases = [
    { architecture: 'amd64', path: 'var/lib/dpkg/info/libc6:amd64.list', want: 'var/lib/dpkg/info/libc6:{arch}.list' },
    { architecture: 'arm', path: 'usr/lib/arm-linux-gnueabihf/libc.so.6', want: 'usr/lib/{arch}/libc.so.6' },
    { architecture: 'arm', path: 'lib/ld-linux-armhf.so.3', want: '{loader}' },
    { architecture: 'arm', path: 'usr/share/alarm/charm', want: 'usr/share/alarm/charm' },
    { architecture: '386', path: 'usr/lib/i386-linux-gnu/ld-linux.so.2', want: 'usr/lib/{arch}/{loader}' },
    { architecture: 'amd64', path: 'usr/lib/i386-linux-gnu/x', want: 'usr/lib/i386-linux-gnu/x' },
    { architecture: 's390x', path: 'lib/ld-musl-s390x.so.1', want: '{loader}' },
  ]
  for (const { architecture, path, want } of cases) it(`makes ${want} of ${path} for ${architecture}`, () => assert.equal(createGeneralizer(architecture)(path), want))
})

describe('measureGrowth', () => {
  it('tells what is new, grown, shrunk and gone, by folder and file, the most first', async () => {
    const older = foldLayers([await makeLayer({ 'usr/bin/a': 'x'.repeat(10), 'usr/bin/b': 'x'.repeat(50), 'etc/same': 'x', 'etc/other': 'y', 'opt/gone': 'x'.repeat(7) })])
    const newer = foldLayers([await makeLayer({ 'usr/bin/a': 'x'.repeat(30), 'usr/bin/b': 'x'.repeat(20), 'etc/same': 'x', 'etc/other': 'z', 'usr/bin/new': 'x'.repeat(100) })])
    const { beforeBytes, afterBytes, folders, files } = measureGrowth(older, newer)
    assert.deepEqual([beforeBytes, afterBytes], [69, 152])
    assert.deepEqual(files.map(({ path, kind, beforeBytes: was, afterBytes: is }) => `${kind} ${path} ${was} ${is}`), ['new /usr/bin/new 0 100', 'shrunk /usr/bin/b 50 20', 'grown /usr/bin/a 10 30', 'gone /opt/gone 7 0'])
    assert.deepEqual(folders, [
      { path: '/usr/bin', deltaBytes: 90, newFiles: 1, changedFiles: 2, goneFiles: 0 },
      { path: '/opt', deltaBytes: -7, newFiles: 0, changedFiles: 0, goneFiles: 1 },
    ])
  })
})
