import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { digestOf } from '../ground/digest.ts'
import { parsePlatform } from '../ground/platform.ts'
import { createGraphBuilder, mergeGraphs } from './graphBuilder.ts'
import { digestVertex, type VertexIdentity } from './graphDigest.ts'
import { formatGraph } from './graphText.ts'
import type { ExecOp, FileOp, VertexNote } from './vertex.ts'

const IMAGE: VertexIdentity = {
  op: { kind: 'source', source: { kind: 'image', reference: 'docker.io/library/alpine:3.20', manifest: digestOf('manifest') } },
  inputs: [],
  platform: parsePlatform('linux/arm64'),
}
const EXEC: ExecOp = {
  kind: 'exec',
  argv: ['/bin/sh', '-c', 'make'],
  env: ['PATH=/bin'],
  cwd: '/src',
  user: 'build',
  proxyEnv: ['http_proxy=http://proxy'],
  mounts: [{ kind: 'bind', input: 0, selector: '', target: '/', readonly: false, isOutput: true }],
  network: 'none',
  security: 'insecure',
  hostname: 'island',
  extraHosts: [{ host: 'db', ip: '10.0.0.1' }],
  ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
  shmSizeBytes: 1024,
  cgroupParent: 'limits',
}
const INPUT = { kind: 'input', index: 0 } as const
const FILES: FileOp = {
  kind: 'file',
  actions: [
    { kind: 'mkdir', base: INPUT, output: undefined, path: '/a', mode: 0o755, makeParents: true, owner: { user: 'u', group: 'g', lookup: INPUT }, timestampNs: undefined },
    { kind: 'mkfile', base: { kind: 'action', index: 0 }, output: undefined, path: '/a/b', mode: 0o600, data: new Uint8Array([1, 2, 3]), owner: undefined, timestampNs: undefined },
    { kind: 'rm', base: { kind: 'action', index: 1 }, output: 0, path: '/tmp/*', allowNotFound: true, allowWildcard: true },
  ],
}

function note(name: string, ignoreCache = false): VertexNote {
  return { name, ignoreCache, span: undefined }
}

describe('digestVertex', () => {
  it('is what it always was, so that keys of old builds stay good', () => {
    const image = { vertex: digestVertex(IMAGE), index: 0 }
    assert.deepEqual(
      [IMAGE, { op: EXEC, inputs: [image], platform: IMAGE.platform }, { op: FILES, inputs: [image], platform: undefined }].map(digestVertex),
      GOLDEN_DIGESTS,
    )
  })
  it('does not ask in which order the fields were written', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.entries(EXEC), { minLength: Object.keys(EXEC).length }), (entries) => {
        const shuffled = Object.fromEntries(entries) as unknown as ExecOp
        assert.equal(digestVertex({ op: shuffled, inputs: [], platform: undefined }), digestVertex({ op: EXEC, inputs: [], platform: undefined }))
      }),
    )
  })
  it('tells apart platforms, inputs and bytes', () => {
    const variants: readonly VertexIdentity[] = [
      IMAGE,
      { ...IMAGE, platform: parsePlatform('linux/amd64') },
      { ...IMAGE, platform: undefined },
      { ...IMAGE, inputs: [{ vertex: digestOf('a'), index: 0 }] },
      { ...IMAGE, inputs: [{ vertex: digestOf('a'), index: 1 }] },
      { op: FILES, inputs: [], platform: undefined },
      { op: { ...FILES, actions: FILES.actions.map((action) => (action.kind === 'mkfile' ? { ...action, data: new Uint8Array([1, 2, 4]) } : action)) }, inputs: [], platform: undefined },
    ]
    assert.equal(new Set(variants.map(digestVertex)).size, variants.length)
  })
})

describe('createGraphBuilder', () => {
  it('keeps one vertex of two that do the same, by the first one\'s name', () => {
    const builder = createGraphBuilder()
    assert.deepEqual(builder.add(IMAGE, note('first')), builder.add(IMAGE, note('second')))
    assert.deepEqual([...builder.build().values()].map((vertex) => vertex.note.name), ['first'])
  })
  it('ignores the cache where one of two asks for it', () => {
    const builder = createGraphBuilder()
    builder.add(IMAGE, note('first'))
    builder.add(IMAGE, note('second', true))
    builder.add(IMAGE, note('third'))
    assert.deepEqual([...builder.build().values()].map((vertex) => vertex.note), [note('first', true)])
  })
  it('refuses a vertex whose input it does not have', () => {
    assert.throws(() => createGraphBuilder().add({ ...IMAGE, inputs: [{ vertex: digestOf('a'), index: 0 }] }, note('x')), TypeError)
  })
})

describe('mergeGraphs', () => {
  it('has what is common once', () => {
    const graphs = ['linux/amd64', 'linux/arm64'].map((platform) => {
      const builder = createGraphBuilder()
      const root = builder.add(IMAGE, note('image'))
      builder.add({ op: EXEC, inputs: [root], platform: parsePlatform(platform) }, note(platform))
      return builder.build()
    })
    assert.deepEqual([...mergeGraphs(graphs).values()].map((vertex) => vertex.note.name), ['image', 'linux/amd64', 'linux/arm64'])
  })
})

describe('formatGraph', () => {
  it('shows all that a vertex is', () => {
    const builder = createGraphBuilder()
    const image = builder.add(IMAGE, note('FROM alpine'))
    const local = builder.add(
      { op: { kind: 'source', source: { kind: 'local', name: 'context', sessionId: 's1', includePatterns: ['i'], excludePatterns: ['*.log'], followPaths: ['a', 'b'], sharedKeyHint: 'k' } }, inputs: [], platform: undefined },
      note('context'),
    )
    const exec = builder.add({ op: EXEC, inputs: [image], platform: IMAGE.platform }, note('RUN make', true))
    const files = builder.add({ op: FILES, inputs: [exec], platform: undefined }, note('WORKDIR /a'))
    const diff = builder.add({ op: { kind: 'diff', lower: 0, upper: undefined }, inputs: [files], platform: undefined }, note('diff'))
    const merge = builder.add({ op: { kind: 'merge' }, inputs: [diff, local], platform: undefined }, note('merge'))
    assert.equal(formatGraph(builder.build(), merge), GOLDEN_TEXT)
  })
  it('says that nothing is the result of nothing', () => assert.equal(formatGraph(new Map(), undefined), 'result: scratch'))
})

const GOLDEN_DIGESTS = [
  'sha256:7c9293bdb9dd682220bca9928bc072531bf003b7a0cce10f5e661beafddd95ca',
  'sha256:a6dac0f4698c548534795dfeb5c3f359dab4a18207a8a3dc31fe36e06ec8ac97',
  'sha256:5cc393e0361c76408d713a4e0e632cd03737e4ebc50de7fd774b9c479e1401ac',
]
const GOLDEN_TEXT = `#1 (source, linux/arm64) FROM alpine
  image docker.io/library/alpine:3.20
  manifest sha256:05b3abf2579a5eb66403cd78be557fd860633a1fe2103c7642030defe32c657f

#2 (source) context
  local context
  session s1
  shared key k
  include i
  exclude *.log
  follow a b

#3 (exec, linux/arm64, uncached) RUN make
  inputs #1
  argv ["/bin/sh","-c","make"]
  env PATH=/bin
  proxy http_proxy=http://proxy
  cwd /src
  user build
  mount / input 0 output
  network none
  security insecure
  hostname island
  host db 10.0.0.1
  ulimit nofile 1:2
  shm 1024
  cgroup limits

#4 (file) WORKDIR /a
  inputs #3
  mkdir /a on input 0 owner u:g of input 0 mode 0755 parents
  mkfile /a/b on action 0 mode 0600 3 bytes
  rm /tmp/* on action 1 output 0 forgiving wildcard

#5 (diff) diff
  inputs #4
  lower 0 upper scratch

#6 (merge) merge
  inputs #5 #2

result: #6`
