import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { TarEntry, TarHeader } from '../../src/archive/tar.ts'
import { writeTar } from '../../src/archive/tarWriter.ts'
import { describeLayer } from '../../src/audit/facts/readLayerFacts.ts'
import type { LayerFacts } from '../../src/audit/facts/layerFacts.ts'
import { buildRoot } from '../../src/audit/tree/imageTree.ts'
import type { TreeNode } from '../../src/audit/tree/treeNode.ts'
import { makeLinkedElf } from '../../src/audit/elf/linkedElf.suite.ts'
import { createMemoryStore } from '../../src/content/memoryStore.ts'
import { createAuditStore } from '../../src/engine/audit/auditStore.ts'
import { watchUnpackedFacts } from '../../src/engine/audit/unpackedFacts.ts'
import { digestOf, type Digest } from '../../src/ground/digest.ts'
import { describeBlob } from '../../src/ground/oci/descriptor.ts'
import { fromText } from '../../src/kit/byteString.ts'
import { openDatabase } from '../../src/kit/database.ts'
import { unpackBlob } from '../../src/ops/unpackBlob.ts'
import { openSnapshots } from '../../src/snapshot/openSnapshots.ts'
import type { SnapshotId } from '../../src/snapshot/snapshotStore.ts'
import { missingForRootWork } from '../support/requires.ts'

const { signal } = new AbortController()
const PLAIN: TarHeader = { kind: 'file', path: fromText(''), mode: 0o755, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, linkTarget: fromText(''), deviceMajor: 0, deviceMinor: 0, xattrs: new Map() }

interface Written {
  readonly kind: 'file' | 'folder' | 'symlink' | 'hardlink'
  readonly path: string
  /** Of a symbolic link. */
  readonly target: string
  /** Of a hard link. None to what its own layer may remove: what that means, their order says. */
  readonly linked: string
  readonly content: number
}

const CONTENTS = [
  Buffer.alloc(0),
  Buffer.from('#!/bin/sh\ntrue\n'),
  Buffer.alloc(5000, 'x'),
  makeLinkedElf({ architecture: 'amd64', loader: '/lib64/ld.so', needed: ['libc.so.6'], gapBytes: 5000 }),
]
const FILE: Written = { kind: 'file', path: 'a', target: '', linked: '', content: 1 }
/** Few, so that entries meet. */
const PATHS = ['a', 'b', 'b/a', 'd', 'd/a', 'd/e', 'd/e/a', 'l/a', 'l/e/b', 'etc/ld.so.conf']
const REMOVALS = ['.wh.a', 'd/.wh.a', 'd/.wh.e', 'd/.wh..wh..opq', '.wh.d', 'l/.wh.a']

const written: fc.Arbitrary<Written> = fc.record({
  kind: fc.constantFrom('file', 'file', 'folder', 'symlink', 'hardlink'),
  path: fc.constantFrom(...PATHS, ...PATHS, ...REMOVALS),
  target: fc.constantFrom('d', '/d/e', 'a', 'd/a', 'nowhere'),
  linked: fc.constantFrom('f', 'b'),
  content: fc.nat({ max: CONTENTS.length - 1 }),
}).filter(isTold)
const layer = fc.uniqueArray(written, { maxLength: 8, selector: placeOf }).map((entries) => entries.filter(({ path }) => !entries.some((other) => isAbove(other, path))))

/** What a loader reads is told from other files by the first of its names; and of a folder that is made opaque, no builder makes a link. */
function isTold({ kind, path }: Written): boolean {
  return !(kind === 'hardlink' && path.startsWith('etc/')) && !(kind === 'symlink' && (path === 'd' || path === 'd/e'))
}

/** What an entry is about: the file that it brings or removes, by its name in the lower layers' folder `d` where it is reached by the link `l`. */
function placeOf({ path }: Pick<Written, 'path'>): string {
  return path.replace('.wh..wh..opq', '*').replace('.wh.', '').replace(/^l\//, 'd/')
}

/** Whether `path` leads through what `entry` makes another thing: what such a layer means, the order of its entries says, and no builder writes one. */
function isAbove(entry: Written, path: string): boolean {
  if (entry.kind === 'folder' && !entry.path.includes('.wh.')) return false
  const above = placeOf(entry).replace(/\*$/, '')
  return [path, placeOf({ path })].some((place) => place.startsWith(above.endsWith('/') ? above : `${above}/`) && (place.includes('/', above.length + 1) || !above.endsWith('/')))
}

function toEntry({ kind, path, target, linked, content }: Written): TarEntry {
  const bytes = kind === 'file' && !path.includes('.wh.') ? (CONTENTS[content] ?? Buffer.alloc(0)) : Buffer.alloc(0)
  const linkTarget = fromText(kind === 'symlink' ? target : kind === 'hardlink' ? linked : '')
  return {
    header: { ...PLAIN, kind: path.includes('.wh.') ? 'file' : kind, path: fromText(path), linkTarget, sizeBytes: bytes.byteLength },
    content: (async function* () {
      yield bytes
    })(),
  }
}

async function tarOf(entries: readonly Written[]): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of writeTar(entries.map(toEntry))) chunks.push(Uint8Array.from(chunk))
  return Buffer.concat(chunks)
}

/** What an audit sees, which has no interest in empty folders; a file's name in its layer may be one that leads there by links. */
function plain(node: TreeNode): unknown {
  switch (node.kind) {
    case 'folder': {
      const children = [...node.children].map(([name, child]) => [name, plain(child)] as const).filter(([, child]) => child !== undefined)
      return children.length === 0 ? undefined : new Map(children.sort(([a], [b]) => (a < b ? -1 : 1)))
    }
    case 'file':
      return JSON.stringify([node.entry.mode, node.entry.hasCapabilities, node.entry.content]) // what is undefined is not kept
    case 'symlink':
      return `-> ${node.target}`
    case 'special':
      return 'special'
  }
}

interface Facts {
  readonly noted: LayerFacts | undefined
  /** Undefined where the layer could not be unpacked. */
  readonly read: LayerFacts | undefined
}

/** Of layers over each other, as unpacking notes them and as their files say. */
async function factsOf(layers: readonly (readonly Written[])[], damage: (digest: Digest) => Digest = (digest) => digest): Promise<readonly Facts[]> {
  await using undo = new AsyncDisposableStack()
  const root = mkdtempSync(join(tmpdir(), 'pelago-facts-'))
  undo.defer(() => rmSync(root, { recursive: true, force: true }))
  const database = undo.use(openDatabase(join(root, 'state.db')))
  const { snapshots } = undo.use(await openSnapshots({ root, database, now: Date.now, backend: 'copy' }, signal))
  const [content, store] = [createMemoryStore(), createAuditStore(database)]
  const watchUnpacking = watchUnpackedFacts({ snapshots, store })
  const found: Facts[] = []
  for (const [index, entries] of layers.entries()) {
    const tar = await tarOf(entries)
    const digest = digestOf(tar)
    await using ingest = await content.openIngest({ resumeKey: undefined }, signal)
    await ingest.write(tar)
    await ingest.commit(digest)
    const [id, parent] = [`layer-${index}`, index === 0 ? undefined : `layer-${index - 1}`] as [SnapshotId, SnapshotId | undefined]
    snapshots.registerLazy({ id, parent, blob: { descriptor: describeBlob('application/vnd.oci.image.layer.v1.tar', digest, tar.byteLength), diffId: damage(digest), repository: 'registry/base' } })
    const isUnpacked = await unpackBlob(id, digest, { snapshots, content, watchUnpacking }, signal).then(
      () => true,
      () => false,
    )
    found.push({ noted: store.facts([`blob ${digest}`]), read: isUnpacked ? await describeLayer(snapshots.readEntries(id, 'layer', signal), signal) : undefined })
    if (!isUnpacked) break
  }
  return found
}

describe('the facts of layers that are unpacked', { skip: missingForRootWork() }, () => {
  it('come to the same files as reading what was unpacked, and to nothing where that failed', async () => {
    const lower: readonly Written[] = ['d', 'd/e', 'f', 'd/a', 'a'].map((path, index) => ({ ...FILE, kind: index < 2 ? 'folder' : 'file', path, content: index % CONTENTS.length }))
    const link: Written = { ...FILE, kind: 'symlink', path: 'l', target: 'd' }
    await fc.assert(
      fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 2 }), async (upper) => {
        const found = await factsOf([[...lower, link], ...upper])
        const unpacked = found.filter(({ read }) => read !== undefined)
        assert.deepEqual(plain(buildRoot(unpacked.map(({ noted }) => noted))), plain(buildRoot(unpacked.map(({ read }) => read))))
        assert.deepEqual(found.map(({ noted }) => noted !== undefined), found.map(({ read }) => read !== undefined))
      }),
      { numRuns: 200 },
    )
  })
  it('are not kept of a layer that is not what its image says', async () => {
    const found = await factsOf([[FILE]], () => digestOf('another'))
    assert.deepEqual(found, [{ noted: undefined, read: undefined }])
  })
})
