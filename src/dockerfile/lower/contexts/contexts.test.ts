import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../../ground/errors.ts'
import { emptyImageConfig } from '../../../ground/oci/imageConfig.ts'
import { digestOf } from '../../../ground/digest.ts'
import { parsePlatform } from '../../../ground/platform.ts'
import { formatGraph } from '../../../graph/graphText.ts'
import { lowerDockerfile, type LowerRequest } from '../../lower.ts'
import { lowerRequest } from '../../lowerRequest.suite.ts'
import { contextKey, findContext, parseNamedContext, type NamedContexts } from './namedContext.ts'
import { parseRemoteContext } from './remoteContext.ts'

const AMD64 = parsePlatform('linux/amd64')
const ARM64 = parsePlatform('linux/arm64')
const SIGNAL = new AbortController().signal

/** Every image has a layer, and is named in the graph. */
async function graphOf(text: string, options: Partial<LowerRequest>): Promise<string> {
  const resolver = { resolveImage: async (reference: string) => ({ reference, manifest: digestOf(reference), config: { ...emptyImageConfig(AMD64), diffIds: [digestOf('layer')] } }) }
  const { graph, root } = await lowerDockerfile(lowerRequest(text, options), resolver, SIGNAL)
  return formatGraph(graph, root)
}

function contexts(texts: Readonly<Record<string, string>>): NamedContexts {
  return new Map(Object.entries(texts).map(([name, text]) => [name, parseNamedContext(name, text)]))
}

describe('a remote context', () => {
  it('is unpacked, and a folder of it taken, before it is copied from', async () => {
    const context = parseRemoteContext('https://host/a.tgz', { keepGitFolder: false, folder: 'sub' })
    assert.ok(context)
    assert.equal(await graphOf('FROM scratch\nCOPY a /', { remoteContext: { ...context, isArchive: true } }), ARCHIVE_GRAPH)
  })
  it('is a git repository whose folder git itself takes', async () => {
    const context = parseRemoteContext('git@host:a#v1:sub', { keepGitFolder: true, folder: '' })
    assert.match(await graphOf('FROM scratch\nCOPY a /', { remoteContext: context }), /load git source git@host:a#v1:sub\n {2}git git@host:a\n {2}ref v1\n {2}folder sub\n {2}keep \.git\n/)
  })
  it('is neither a path nor an image', () => assert.equal(parseRemoteContext('docker-image://a', { keepGitFolder: false, folder: '' }), undefined))
})

describe('named contexts', () => {
  it('take the place of images and stages, and no step of those is left', async () => {
    const named = contexts({ alpine: 'local:alpine', build: 'docker-image://other', 'tools:1': 'https://host/file' })
    assert.equal(await graphOf('FROM missing AS build\nRUN false\nFROM alpine\nCOPY --from=build /a /\nCOPY --from=tools:1 /context /b\n', { namedContexts: named }), NAMED_GRAPH)
  })
  const CASES: readonly (readonly [name: string, platform: typeof AMD64, found: string | undefined])[] = [
    ['alpine', AMD64, 'any'],
    ['docker.io/library/alpine:latest', AMD64, 'any'],
    ['alpine', ARM64, 'arm64'],
    ['alpine:3', AMD64, undefined],
  ]
  for (const [name, platform, found] of CASES) {
    it(`finds ${found ?? 'none'} for ${name} on ${platform.architecture}`, () => {
      const all = contexts({ alpine: 'local:any', 'alpine::linux/arm64': 'local:arm64' })
      const context = findContext(all, name, platform)
      assert.equal(context?.kind === 'local' ? context.folder : undefined, found)
    })
  }
  for (const text of ['target:', 'input:', 'nowhere', 'docker-image://A']) it(`refuses ${text}`, () => assert.throws(() => parseNamedContext('x', text), InvalidValueError))
  it('are named as people write images', () => assert.equal(contextKey('docker.io/library/alpine:latest', ARM64), 'alpine::linux/arm64'))
})

const ARCHIVE_GRAPH = `#1 (source) [internal] load remote build context
  http https://host/a.tgz
  filename context
  mode 0600
  for 0:0

#2 (file) [internal] unpack build context
  inputs #1
  copy /context from input 0 to / on scratch output 0 (unpack parents)

#3 (file) [internal] take sub of build context
  inputs #2
  copy /sub from input 0 to / on scratch output 0 (contents parents)

#4 (file) [1/1] COPY a /
  inputs #3
  copy /a from input 0 to / on scratch output 0 (follow contents parents wildcard empty)

result: #4`

const NAMED_GRAPH = `#1 (source, linux/amd64) [build 1/1] FROM docker.io/library/other:latest
  image docker.io/library/other:latest
  manifest sha256:6589eb6576b90dd2bbbe5bde1972054a189b105bca6d03dfdf6213f4b9c35091

#2 (source) [context alpine] load from client
  local alpine
  session session
  shared key context:alpine

#3 (file) [stage-1 1/2] COPY --from=build /a /
  inputs #2 #1
  copy /a from input 1 to / on input 0 output 0 (follow contents parents wildcard empty)

#4 (source) [context tools:1] https://host/file
  http https://host/file
  filename context
  mode 0600
  for 0:0

#5 (file) [stage-1 2/2] COPY --from=tools:1 /context /b
  inputs #3 #4
  copy /context from input 1 to /b on input 0 output 0 (follow contents parents wildcard empty)

result: #5`
