import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../../ground/digest.ts'
import { BuildError } from '../../../ground/errors.ts'
import { emptyImageConfig } from '../../../ground/oci/imageConfig.ts'
import { formatPlatform, parsePlatform, type Platform } from '../../../ground/platform.ts'
import { mergeGraphs } from '../../../graph/graphBuilder.ts'
import { formatGraph } from '../../../graph/graphText.ts'
import type { Graph, Output } from '../../../graph/vertex.ts'
import { lowerDockerfile, type ImageResolver, type LoweredDockerfile, type LowerRequest } from '../../lower.ts'
import { lowerRequest } from '../../lowerRequest.suite.ts'
import { parseNamedContext } from '../contexts/namedContext.ts'
import type { TwinRequest } from './twinRequest.ts'

const AMD64 = parsePlatform('linux/amd64')
const ARM64 = parsePlatform('linux/arm64')
const SIGNAL = new AbortController().signal

class NoSuchPlatformError extends BuildError {
  readonly kind = 'not-found'
}

/** Every image has a layer and every platform, but for `foreign`, which has no amd64, and `lone`, which is for arm64 whoever asks; `trigger` has another ONBUILD on each. */
const resolver: ImageResolver = {
  async resolveImage(reference, platform) {
    if (reference.includes('foreign') && platform.architecture === 'amd64') throw new NoSuchPlatformError('no such platform')
    const found = reference.includes('lone') ? ARM64 : platform
    const empty = emptyImageConfig(found)
    const onBuild = reference.includes('trigger') && platform.architecture === 'arm64' ? ['RUN trigger'] : []
    return { reference, manifest: digestOf(`${reference} ${formatPlatform(platform)}`), config: { ...empty, container: { ...empty.container, onBuild }, diffIds: [digestOf(`${reference} ${formatPlatform(platform)}`)] } }
  },
}

async function lower(text: string, targetPlatform: Platform, twins?: TwinRequest, options: Partial<LowerRequest> = {}): Promise<LoweredDockerfile> {
  return await lowerDockerfile(lowerRequest(text, { targetPlatform, isMultiPlatform: true, ...options, twins }), resolver, SIGNAL)
}

const ALONE: TwinRequest = { mode: 'tools', hasToolchain: false, sibling: undefined }

/** For both platforms, as one build. */
async function lowerBoth(text: string, options: Partial<LowerRequest> = {}): Promise<{ readonly graph: Graph; readonly foreign: LoweredDockerfile; readonly native: LoweredDockerfile }> {
  const native = await lower(text, AMD64, undefined, options)
  const foreign = await lower(text, ARM64, { mode: 'tools', hasToolchain: false, sibling: native }, options)
  return { graph: mergeGraphs([native.graph, foreign.graph]), foreign, native }
}

/** Of each step that runs a process, the name of what its twins are from; '' is nothing. */
function twinsOf(graph: Graph): readonly (readonly [step: string, twins: string])[] {
  return [...graph.values()].flatMap(({ op, inputs, note }) => (op.kind === 'exec' ? [[note.name, nameOf(graph, op.twins === undefined ? undefined : inputs[op.twins.input])] as const] : []))
}

function nameOf(graph: Graph, output: Output | undefined): string {
  return output === undefined ? '' : (graph.get(output.vertex)?.note.name ?? 'nowhere')
}

const IMAGE = (name: string): string => `FROM docker.io/library/${name}:latest for native twins (linux/amd64)`

describe('native twins in the graph', () => {
  it('are from what the sibling is before the same step', async () => {
    const { graph } = await lowerBoth('FROM debian\nRUN one\nCOPY a /\nRUN two')
    assert.equal(formatGraph(graph, undefined), BOTH)
  })
  const alone = [
    { name: 'the base image for the build platform, where that is not built', text: 'FROM debian\nRUN one\nRUN two', want: [['[linux/arm64 2/3] RUN one', IMAGE('debian')], ['[linux/arm64 3/3] RUN two', IMAGE('debian')]] },
    { name: 'the lowest stage\'s base', text: 'FROM debian AS a\nRUN one\nFROM a\nRUN two', want: [['[linux/arm64 a 2/2] RUN one', IMAGE('debian')], ['[linux/arm64 stage-1 1/1] RUN two', IMAGE('debian')]] },
    { name: 'each stage\'s own base', text: 'FROM debian AS a\nRUN one\nFROM alpine\nCOPY --from=a / /\nRUN two', want: [['[linux/arm64 a 2/2] RUN one', IMAGE('debian')], ['[linux/arm64 stage-1 3/3] RUN two', IMAGE('alpine')]] },
    { name: 'a stage of the target\'s platform, however it says so', text: 'FROM --platform=$TARGETPLATFORM debian\nRUN one', want: [['[linux/arm64 2/2] RUN one', IMAGE('debian')]] },
    { name: 'nothing in a stage that runs natively', text: 'FROM --platform=$BUILDPLATFORM debian AS a\nRUN one\nFROM debian\nCOPY --from=a / /', want: [['[linux/amd64 a 2/2] RUN one', '']] },
  ] as const
  for (const { name, text, want } of alone) it(`are from ${name}`, async () => assert.deepEqual(twinsOf((await lower(text, ARM64, ALONE)).graph), want))

  const none = [
    { name: 'a base without the build platform', text: 'FROM foreign\nRUN one', why: 'base image foreign has no linux/amd64' },
    { name: 'a base that is no index', text: 'FROM lone\nRUN one', why: 'base image lone is for linux/arm64, not for linux/amd64' },
    { name: 'no base', text: 'FROM scratch\nCOPY . /\nRUN one', why: 'its stage begins with nothing (FROM scratch)' },
    { name: 'a stage that all targets share', text: 'FROM --platform=linux/arm64 debian\nRUN one', why: 'FROM --platform gives its stage one platform for all targets: linux/arm64' },
    { name: 'a base that is a folder', text: 'FROM files\nRUN one', why: 'its stage begins with a folder, which is no image of several platforms' },
  ]
  for (const { name, text, why } of none) {
    it(`are none for ${name}, which is told`, async () => {
      const { graph, stages } = await lower(text, ARM64, ALONE, { namedContexts: new Map([['files', parseNamedContext('files', 'local:files')]]) })
      assert.deepEqual([twinsOf(graph).map(([, twins]) => twins), stages.map(({ withoutTwins }) => withoutTwins)], [[''], [why]])
    })
  }

  it('keep a stage that both platforms share one', async () => {
    const { native, foreign } = await lowerBoth('FROM --platform=linux/arm64 debian AS a\nRUN one\nFROM debian\nCOPY --from=a / /')
    assert.deepEqual(foreign.stages[0]?.root, native.stages[0]?.root)
  })
  it('are from the base image where the sibling has other steps, or does not need the stage', async () => {
    assert.deepEqual(twinsOf((await lowerBoth('FROM trigger\nRUN one')).foreign.graph).map(([, twins]) => twins), [IMAGE('trigger'), IMAGE('trigger')])
    const needed = 'FROM debian AS on-arm64\nRUN one\nFROM debian AS on-amd64\nRUN two\nFROM on-$TARGETARCH'
    assert.deepEqual(twinsOf((await lowerBoth(`ARG TARGETARCH\n${needed}`)).foreign.graph).slice(0, 1), [['[linux/arm64 on-arm64 2/2] RUN one', IMAGE('debian')]])
  })
  it('are from a named context that stands for the base', async () => {
    const { graph } = await lower('FROM debian\nRUN one', ARM64, ALONE, { namedContexts: new Map([['debian', parseNamedContext('debian', 'docker-image://ubuntu')]]) })
    assert.deepEqual(twinsOf(graph), [['[linux/arm64 2/2] RUN one', IMAGE('ubuntu')]])
  })
  it('stand behind what a step mounts', async () => {
    const { graph } = await lower('FROM debian\nRUN --mount=from=alpine,target=/m one', ARM64, ALONE)
    const exec = [...graph.values()].find(({ op }) => op.kind === 'exec')
    assert.deepEqual(exec?.inputs.map((input) => nameOf(graph, input)), ['[linux/arm64 1/2] FROM docker.io/library/debian:latest', 'FROM docker.io/library/alpine:latest', IMAGE('debian')])
  })
  it('change nothing where none are asked for', async () => {
    const text = 'FROM debian\nRUN one'
    assert.deepEqual((await lower(text, ARM64)).root, (await lowerDockerfile(lowerRequest(text, { targetPlatform: ARM64 }), resolver, SIGNAL)).root)
    assert.equal((await lower(text, ARM64)).root?.vertex, 'sha256:5010d82de67572989d40ac976d0a5a9a8e9612f63ade388ad0439385aa5f46ad')
  })
  it('make steps of another mode other steps', async () => {
    const text = 'FROM debian\nRUN one'
    const roots = await Promise.all([undefined, ALONE, { ...ALONE, mode: 'verify' } as const].map(async (twins) => (await lower(text, ARM64, twins)).root?.vertex))
    assert.equal(new Set(roots).size, 3)
  })
})

describe('a toolchain in the graph', () => {
  const asked: TwinRequest = { ...ALONE, hasToolchain: true }
  const FIND = '[internal] find the compilers for arm64'
  const GET = '[internal] get cross compilers for arm64'
  const inputsOf = (graph: Graph, name: string): readonly string[] => [...graph.values()].filter(({ note }) => note.name.endsWith(name)).flatMap(({ inputs }) => inputs.map((input) => nameOf(graph, input)))

  it('is made of packages on the base image, of what the step has', async () => {
    const { graph } = await lower('FROM debian\nRUN one\nRUN two', ARM64, asked)
    assert.deepEqual(inputsOf(graph, 'RUN two'), ['[linux/arm64 2/3] RUN one', IMAGE('debian'), GET])
    assert.deepEqual(inputsOf(graph, FIND), [IMAGE('debian'), '[linux/arm64 1/3] FROM docker.io/library/debian:latest', IMAGE('debian'), '[linux/arm64 2/3] RUN one'])
    assert.deepEqual(inputsOf(graph, GET), [IMAGE('debian'), FIND, IMAGE('debian'), FIND])
  })
  it('stands on what the sibling begins with, whatever that has installed', async () => {
    const native = await lower('FROM debian\nRUN one\nRUN two', AMD64)
    const { graph } = await lower('FROM debian\nRUN one\nRUN two', ARM64, { ...asked, sibling: native })
    assert.deepEqual(inputsOf(graph, '[linux/arm64 3/3] RUN two'), ['[linux/arm64 2/3] RUN one', '[linux/amd64 2/3] RUN one', GET])
    assert.deepEqual(new Set(inputsOf(graph, GET)), new Set(['[linux/amd64 1/3] FROM docker.io/library/debian:latest', FIND]))
  })
  const named = [
    { name: 'an image that is named', context: 'docker-image://cross', want: '[context pelago-toolchain] docker.io/library/cross:latest' },
    { name: 'a folder that is named', context: 'local:cross', want: '[context pelago-toolchain] load from client' },
  ]
  for (const { name, context, want } of named) {
    it(`is ${name}`, async () => {
      const { graph } = await lower('FROM debian\nRUN one', ARM64, asked, { namedContexts: new Map([['pelago-toolchain', parseNamedContext('pelago-toolchain', context)]]) })
      assert.deepEqual(inputsOf(graph, 'RUN one').slice(1), [IMAGE('debian'), want])
    })
  }
  it('is no stage of the Dockerfile', async () => {
    await assert.rejects(lower('FROM debian AS cross\nFROM debian\nRUN one', ARM64, asked, { namedContexts: new Map([['pelago-toolchain', parseNamedContext('pelago-toolchain', 'target:cross')]]) }), /context pelago-toolchain is a stage of the Dockerfile/)
  })
  const without = [
    { name: 'a build without a network', twins: asked, options: { networkMode: 'none' } as const },
    { name: 'another mode', twins: ALONE, options: {} },
  ]
  for (const { name, twins, options } of without) it(`is not there for ${name}`, async () => assert.deepEqual(inputsOf((await lower('FROM debian\nRUN one', ARM64, twins, options)).graph, 'RUN one').slice(1), [IMAGE('debian')]))
})

const BOTH = `#1 (source, linux/amd64) [linux/amd64 1/4] FROM docker.io/library/debian:latest
  image docker.io/library/debian:latest
  manifest sha256:a1c0ed1858031c8db709c0c9cf29ad937d5132471edccf8f3ba902f46711d217

#2 (exec, linux/amd64) [linux/amd64 2/4] RUN one
  inputs #1
  argv ["/bin/sh","-c","one"]
  env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  cwd /
  mount / input 0 output

#3 (source) [internal] load build context
  local context
  session session
  shared key folder
  follow a

#4 (file) [linux/amd64 3/4] COPY a /
  inputs #2 #3
  copy /a from input 1 to / on input 0 output 0 (follow contents parents wildcard empty)

#5 (exec, linux/amd64) [linux/amd64 4/4] RUN two
  inputs #4
  argv ["/bin/sh","-c","two"]
  env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  cwd /
  mount / input 0 output

#6 (source, linux/arm64) [linux/arm64 1/4] FROM docker.io/library/debian:latest
  image docker.io/library/debian:latest
  manifest sha256:99c36ded7beb603c1f22446d29b1f2275ed45294c7786667547f72bce639f7d1

#7 (exec, linux/arm64) [linux/arm64 2/4] RUN one
  inputs #6 #1
  argv ["/bin/sh","-c","one"]
  env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  cwd /
  mount / input 0 output
  twins tools from input 1

#8 (file) [linux/arm64 3/4] COPY a /
  inputs #7 #3
  copy /a from input 1 to / on input 0 output 0 (follow contents parents wildcard empty)

#9 (exec, linux/arm64) [linux/arm64 4/4] RUN two
  inputs #8 #4
  argv ["/bin/sh","-c","two"]
  env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  cwd /
  mount / input 0 output
  twins tools from input 1

result: scratch`
