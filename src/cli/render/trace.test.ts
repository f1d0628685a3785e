import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { scriptedBuild } from './scriptedBuild.suite.ts'
import { createTraceFold, parseVertexName, TAIL_LINES, timeByPlatform } from './trace.ts'

describe('parseVertexName', () => {
  const cases = [
    { name: '[linux/arm64 build 2/4] RUN make', platform: 'linux/arm64', text: '[build 2/4] RUN make' },
    { name: '[linux/arm/v7 2/4] COPY . .', platform: 'linux/arm/v7', text: '[2/4] COPY . .' },
    { name: '[linux/amd64->arm64 build 1/2] RUN go build', platform: 'linux/arm64', text: '[build 1/2 on linux/amd64] RUN go build' },
    { name: '[linux/amd64->linux/arm/v7 build 1/2] RUN x', platform: 'linux/arm/v7', text: '[build 1/2 on linux/amd64] RUN x' },
    { name: '[linux/amd64 internal] load metadata for docker.io/library/alpine', platform: 'linux/amd64', text: '[internal] load metadata for docker.io/library/alpine' },
    { name: '[app linux/arm64 build 2/4] RUN make', platform: 'app linux/arm64', text: '[build 2/4] RUN make' },
    { name: '[app node0 linux/arm64 build 2/4] RUN make', platform: 'app node0 linux/arm64', text: '[build 2/4] RUN make' },
    { name: '[app build 2/4] RUN make', platform: undefined, text: '[app build 2/4] RUN make' },
    { name: '[internal] load build context', platform: undefined, text: '[internal] load build context' },
    { name: '[build 2/4] RUN make', platform: undefined, text: '[build 2/4] RUN make' },
    { name: 'exporting to image', platform: undefined, text: 'exporting to image' },
  ]
  for (const { name, platform, text } of cases) {
    it(`takes apart ${name}`, () => assert.deepEqual(parseVertexName(name), { platform, text }))
  }
})

describe('createTraceFold', () => {
  it('keeps the last lines of a step that failed, and none of one that did not', () => {
    const fold = createTraceFold()
    scriptedBuild('fails').forEach(fold.apply)
    const tails = fold.trace.vertices.map(({ tail }) => tail.length)
    assert.deepEqual(tails, [0, 0, 0, 0, 0, 11, 0])
    assert.ok(tails.every((length) => length <= TAIL_LINES))
  })
  it('tells native time from emulated', () => {
    const fold = createTraceFold()
    scriptedBuild('succeeds').forEach(fold.apply)
    assert.deepEqual(
      [...timeByPlatform(fold.trace)],
      [
        ['linux/amd64', { nativeMs: 2150 + 1700, emulatedMs: 0 }],
        ['linux/arm64', { nativeMs: 0, emulatedMs: 6700 }],
      ],
    )
  })
  it('counts steps that name no platform for the only one', () => {
    const fold = createTraceFold()
    const vertices = ['[internal] load build definition from Dockerfile', '[linux/arm64 internal] load metadata for busybox', '[2/2] RUN make', 'exporting to image'].map((name) => ({ name, digest: digestOf(name) }))
    for (const { digest: vertex, name } of vertices) {
      fold.apply({ kind: 'vertex-announced', vertex, at: 0, name, inputs: [] })
      fold.apply({ kind: 'vertex-started', vertex, at: 0 })
      if (name.includes('RUN')) fold.apply({ kind: 'vertex-emulated', vertex, at: 0, emulator: 'qemu-aarch64' })
      fold.apply({ kind: 'vertex-done', vertex, at: 100, outcome: { kind: 'executed' } })
    }
    assert.deepEqual([...timeByPlatform(fold.trace)], [['linux/arm64', { nativeMs: 100, emulatedMs: 100 }]])
  })
})
