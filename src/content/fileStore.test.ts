import assert from 'node:assert/strict'
import { pbkdf2 } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'
import { digestHex, digestOf, type Digest } from '../ground/digest.ts'
import { collect, contentStoreSuite } from './contentStore.suite.ts'
import { putBytes, type ContentStore } from './contentStore.ts'
import { openFileStore } from './fileStore.ts'
import { createFileLeases, type ContentLeases } from './lease.ts'
import { pruneContent } from './prune.ts'

const signal = new AbortController().signal
const parent = mkdtempSync(join(tmpdir(), 'pelago-content-'))
after(() => rmSync(parent, { recursive: true }))
const newFolder = (): string => mkdtempSync(join(parent, 'store-'))
const openAt = (folder: string, now: () => number = Date.now): Promise<ContentStore> => openFileStore({ folder, now }, signal)
const HOUR_MS = 3_600_000

contentStoreSuite('the file store', () => openAt(newFolder()))

describe('the file store', () => {
  it('is an OCI image layout', async () => {
    const folder = newFolder()
    const digest = await putBytes(Buffer.from('blob'), await openAt(folder), signal)
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'oci-layout'), 'utf8')), { imageLayoutVersion: '1.0.0' })
    assert.equal(readFileSync(join(folder, 'blobs', 'sha256', digestHex(digest)), 'utf8'), 'blob')
  })

  it('leaves the index of a layout that is there as it is', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'index.json'), 'mine')
    await openAt(folder)
    assert.equal(readFileSync(join(folder, 'index.json'), 'utf8'), 'mine')
  })

  it('tells of a blob that the disk changed, and has it no longer', async () => {
    const folder = newFolder()
    const store = await openAt(folder)
    const digest = await putBytes(Buffer.from('right'), store, signal)
    const path = join(folder, 'blobs', 'sha256', digestHex(digest))
    chmodSync(path, 0o644)
    writeFileSync(path, 'wrong')
    await assert.rejects(collect(store.read(digest, 0, signal)), { name: 'BlobCorruptError', actual: digestOf('wrong') })
    assert.equal(await store.sizeBytes(digest, signal), undefined)
  })

  it('leaves nothing in its ingest folder when all is committed or dropped', async () => {
    const folder = newFolder()
    const store = await openAt(folder)
    await putBytes(Buffer.from('committed'), store, signal)
    {
      await using dropped = await store.openIngest({ resumeKey: undefined }, signal)
      await dropped.write(Buffer.from('dropped'))
    }
    assert.deepEqual(readdirSync(join(folder, 'ingest')), [])
  })

  const leftovers = [
    { name: 'once-abc', ageMs: 0, isKept: false },
    { name: 'resumable-abc', ageMs: HOUR_MS, isKept: true },
    { name: 'resumable-abc', ageMs: 25 * HOUR_MS, isKept: false },
  ]
  for (const { name, ageMs, isKept } of leftovers) {
    it(`${isKept ? 'keeps' : 'sweeps'} a leftover ${name} of ${ageMs / HOUR_MS} hours when it is opened`, async () => {
      const folder = newFolder()
      await openAt(folder)
      const path = join(folder, 'ingest', name)
      writeFileSync(path, 'left')
      utimesSync(path, new Date(Date.now() - ageMs), new Date(Date.now() - ageMs))
      await openAt(folder)
      assert.deepEqual(readdirSync(join(folder, 'ingest')), isKept ? [name] : [])
    })
  }

  it('sweeps nothing that another opener is writing', async () => {
    const folder = newFolder()
    const store = await openAt(folder)
    await using ingest = await store.openIngest({ resumeKey: undefined }, signal)
    await ingest.write(Buffer.from('slow'))
    await openAt(folder)
    await ingest.commit(digestOf('slow'))
    assert.equal(await store.sizeBytes(digestOf('slow'), signal), 4)
  })

  for (const { laterMs, moves } of [{ laterMs: HOUR_MS / 2, moves: false }, { laterMs: 2 * HOUR_MS, moves: true }]) {
    it(`${moves ? 'notes' : 'does not note'} a use ${laterMs / HOUR_MS} hours after the last`, async () => {
      const folder = newFolder()
      let now = Date.now()
      const store = await openAt(folder, () => now)
      const digest = await putBytes(Buffer.from('used'), store, signal)
      const path = join(folder, 'blobs', 'sha256', digestHex(digest))
      const before = statSync(path).mtimeMs
      now += laterMs
      await collect(store.read(digest, 0, signal))
      assert.equal(statSync(path).mtimeMs > before, moves)
    })
  }
})

describe('pruneContent', () => {
  const everything = { referenced: async () => new Set<Digest>(), unusedSince: Number.POSITIVE_INFINITY }

  it('removes what nobody needs, and nothing else', async () => {
    const folder = newFolder()
    const [store, leases] = [await openAt(folder), createFileLeases(folder)]
    const [leased, referenced, idle] = [await putText(store, 'leased'), await putText(store, 'referenced'), await putText(store, 'idle')]
    await using lease = await leases.open(signal)
    await lease.protect([leased, digestOf('not there yet')], signal)
    for (const digest of [leased, referenced, idle]) setLastUse(folder, digest, Date.now() - 2 * HOUR_MS)
    const removed = await pruneContent(store, leases, { ...everything, referenced: async () => new Set([referenced]) }, signal)
    assert.deepEqual(removed.map(({ digest }) => digest), [idle])
    assert.equal(await store.sizeBytes(idle, signal), undefined)
    assert.equal(await store.sizeBytes(leased, signal), 6)
  })

  it('leaves what was used of late', async () => {
    const folder = newFolder()
    const store = await openAt(folder)
    await putText(store, 'fresh')
    assert.deepEqual(await pruneContent(store, createFileLeases(folder), { ...everything, unusedSince: Date.now() - HOUR_MS }, signal), [])
  })

  it('forgets the leases of killed processes at a sweep, and no others', async () => {
    const folder = newFolder()
    const leases = createFileLeases(folder)
    await using _lease = await leases.open(signal)
    const own = readdirSync(join(folder, 'leases'))
    writeFileSync(join(folder, 'leases', 'of-a-killed-process'), '')
    await leases.sweep(signal)
    assert.deepEqual(readdirSync(join(folder, 'leases')), own)
  })

  it('looks at leases while others end', async () => {
    const leases = createFileLeases(newFolder())
    const isOver = new AbortController()
    const whileOthersEnd = async (work: () => Promise<unknown>): Promise<void> => {
      while (!isOver.signal.aborted) await work()
    }
    const busy = Array.from({ length: 8 }, () => whileOthersEnd(() => promisify(pbkdf2)('a', 'b', 2_000, 32, 'sha256'))) // so that a file is read late
    const look = whileOthersEnd(() => leases.exclusively(async ({ openSince }) => assert.ok(openSince > 0), signal))
    const builds = Array.from({ length: 20 }, async (_, build) => {
      for (let count = 0; count < 4; count++) {
        await using _lease = await leases.open(signal)
        await setTimeout((build + count) % 20)
      }
    })
    await Promise.all(builds).finally(() => isOver.abort())
    await Promise.all([look, ...busy])
  })

  it('leaves what a build that runs may have used, though it did not say so', async () => {
    const folder = newFolder()
    const [store, leases] = [await openAt(folder), createFileLeases(folder)]
    {
      await using _lease = await leases.open(signal)
      await putText(store, 'used')
      assert.deepEqual(await pruneContent(store, leases, everything, signal), [])
    }
    assert.equal((await pruneContent(store, leases, everything, signal)).length, 1)
  })

  it('leaves what a build began to use after the others were counted', async () => {
    const folder = newFolder()
    const [store, leases] = [await openAt(folder), createFileLeases(folder)]
    const digest = await putText(store, 'old')
    setLastUse(folder, digest, Date.now() - 2 * HOUR_MS)
    const opened: AsyncDisposable[] = []
    const late: ContentLeases = {
      ...leases,
      async exclusively(work, inner) {
        opened.push(await leases.open(inner))
        await store.sizeBytes(digest, inner)
        return leases.exclusively(work, inner)
      },
    }
    assert.deepEqual(await pruneContent(store, late, everything, signal), [])
    for (const lease of opened) await lease[Symbol.asyncDispose]()
  })

  it('removes what was leased once the lease has ended', async () => {
    const folder = newFolder()
    const [store, leases] = [await openAt(folder), createFileLeases(folder)]
    const digest = await putText(store, 'leased')
    {
      await using lease = await leases.open(signal)
      await lease.protect([digest], signal)
    }
    writeFileSync(join(folder, 'leases', 'of-a-killed-process'), `${digest}\n`)
    const removed = await pruneContent(store, leases, everything, signal)
    assert.deepEqual(removed.map((blob) => blob.digest), [digest])
    assert.deepEqual(readdirSync(join(folder, 'leases')), ['lock'])
  })
})

function setLastUse(folder: string, digest: Digest, atMs: number): void {
  utimesSync(join(folder, 'blobs', 'sha256', digestHex(digest)), atMs / 1000, atMs / 1000)
}

function putText(store: ContentStore, text: string): Promise<ReturnType<typeof digestOf>> {
  return putBytes(Buffer.from(text), store, signal)
}
