import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { createHandlerContext, type HandlerContext } from '@connectrpc/connect'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DefinitionSchema, OpSchema } from '../api/gen/ops_pb.ts'
import { EvaluateRequestSchema, LLBBridge, ReadDirRequestSchema, ReadFileRequestSchema, RefSchema, ReturnRequestSchema, StatFileRequestSchema, SolveRequestSchema, SolveResponseSchema, type AttestationSchema, type InTotoSubjectSchema, type Result, type ResultSchema } from '../api/gen/gateway_pb.ts'
import type { ClientOp } from '../api/llb/clientGraph.ts'
import type { ResultFiles } from '../engine/build/resultFiles.ts'
import type { Answer, BuildSubject, Built, BuiltPlatform, FrontendRequest } from '../engine/engine.ts'
import type { BuildResult } from '../exporter/exporter.ts'
import { digestOf } from '../ground/digest.ts'
import { formatImageConfig } from '../image/imageConfigJson.ts'
import { emptyImageConfig } from '../ground/oci/imageConfig.ts'
import { parsePlatform } from '../ground/platform.ts'
import { createGatewayBuilds } from './gatewayBuilds.ts'
import { createLlbBridge } from './llbBridge.ts'

const never = new AbortController().signal

/** A file that is made of nothing. */
const GRAPH = (() => {
  const file = toBinary(OpSchema, create(OpSchema, { op: { case: 'file', value: { actions: [{ input: -1n, secondaryInput: -1n, output: 0n, action: { case: 'mkfile', value: { path: '/a', mode: 0o644, timestamp: -1n } } }] } } }))
  return create(DefinitionSchema, { def: [file, toBinary(OpSchema, create(OpSchema, { inputs: [{ digest: digestOf(file), index: 0n }] }))] })
})()

describe('a build through the gateway', () => {
  it('ends with the result that the client returns', async () => {
    const { bridge, built } = openBuild()
    const result = await solve(bridge, 'linux/amd64')
    assert.deepEqual(refsOf(result), [['', '0:linux/amd64']])
    await bridge.evaluate(create(EvaluateRequestSchema, { Ref: '0:linux/amd64' }), call())
    await bridge.return(create(ReturnRequestSchema, { result }), call())
    assert.deepEqual(platformsOf(await built), ['linux/amd64'])
  })

  it('gives one reference for each platform, and says which are there', async () => {
    const { bridge, built } = openBuild()
    const result = await solve(bridge, 'linux/amd64,linux/arm/v7')
    assert.deepEqual(refsOf(result), [['linux/amd64', '0:linux/amd64'], ['linux/arm/v7', '0:linux/arm/v7']])
    const listed = JSON.parse(Buffer.from(result.metadata['refs.platforms'] ?? []).toString()) as unknown
    assert.deepEqual(listed, {
      Platforms: [
        { ID: 'linux/amd64', Platform: { architecture: 'amd64', os: 'linux' } },
        { ID: 'linux/arm/v7', Platform: { architecture: 'arm', os: 'linux', variant: 'v7' } },
      ],
    })
    await bridge.return(create(ReturnRequestSchema, { result }), call())
    assert.deepEqual(platformsOf(await built), ['linux/amd64', 'linux/arm/v7'])
  })

  it('is found by a call that comes before it', async () => {
    const builds = createGatewayBuilds()
    const early = builds.find('build', never)
    const built = builds.open('build').steer(new Map(), never)(build, never)
    await (await early).finish(undefined, never)
    assert.equal(await built, undefined)
  })

  it('is not waited for once it has ended', async () => {
    const builds = createGatewayBuilds()
    const early = assert.rejects(builds.find('build', never), /no such job/)
    builds.open('build')[Symbol.dispose]()
    await early
    await assert.rejects(builds.find('build', never), /no such job/)
  })

  it('takes an image of the frontend for the one that is built in', async () => {
    const { bridge } = openBuild()
    const { result } = create(SolveResponseSchema, await bridge.solve(create(SolveRequestSchema, { ...TAKES_ALL, Frontend: 'gateway.v0', FrontendOpt: { source: 'docker/dockerfile:1', platform: 'linux/amd64' } }), call()))
    assert.equal(result?.result.case, 'ref')
  })

  it('answers what is asked without a reference, and ends with nothing to export', async () => {
    const { bridge, built } = openBuild()
    const { result } = create(SolveResponseSchema, await bridge.solve(create(SolveRequestSchema, { ...TAKES_ALL, Frontend: 'dockerfile.v0', FrontendOpt: { requestid: 'frontend.lint' } }), call()))
    assert.deepEqual([result?.result.case, Buffer.from(result?.metadata['result.txt'] ?? []).toString()], [undefined, 'answer to frontend.lint'])
    await bridge.return(create(ReturnRequestSchema, { result }), call())
    assert.equal(await built, undefined)
  })

  it('exports nothing where the client returns nothing', async () => {
    const { bridge, built } = openBuild()
    await bridge.return(create(ReturnRequestSchema, { result: { result: { case: 'ref', value: { id: '' } } } }), call())
    assert.equal(await built, undefined)
  })

  it('fails as the client says', async () => {
    const { bridge, built } = openBuild()
    const failed = assert.rejects(built, { name: 'GrpcStatusError', status: { code: 2, message: 'exit code: 7', details: [] } })
    await bridge.return(create(ReturnRequestSchema, { error: { code: 2, message: 'exit code: 7' } }), call())
    await failed
  })

  it('ends its builds with itself', async () => {
    const stop = new AbortController()
    const begun = Promise.withResolvers<AbortSignal>()
    const builds = createGatewayBuilds()
    const whole = builds.open('build').steer(new Map(), never)((_request, signal) => {
      begun.resolve(signal)
      return new Promise(() => undefined)
    }, stop.signal)
    void (await builds.find('build', never)).build({ kind: 'frontend', image: undefined, attributes: new Map(), inputs: new Map(), inputDefinitions: {}, resultOf: () => undefined }, never)
    const inner = await begun.promise
    stop.abort()
    await assert.rejects(whole, { name: 'AbortError' })
    assert.equal(inner.aborted, true)
  })

  it('takes its results as inputs of other builds, as long as the session of theirs lasts', async () => {
    const session = new AbortController()
    const builds = createGatewayBuilds()
    void builds.open('build').steer(new Map(), session.signal)(build, never)
    const bridge = createLlbBridge(builds)
    const made = await solve(bridge, 'linux/amd64,linux/arm/v7')
    const input = made.result.case === 'refs' ? made.result.value.refs['linux/arm/v7']?.def : undefined
    const request = create(SolveRequestSchema, { ...TAKES_ALL, Frontend: 'dockerfile.v0', FrontendOpt: { platform: 'linux/386' }, ...(input !== undefined && { FrontendInputs: { base: input } }) })
    const { result } = create(SolveResponseSchema, await bridge.solve(request, call()))
    assert.equal(configOf(result).author, 'base is for arm')
    session.abort()
    assert.equal(configOf(create(SolveResponseSchema, await bridge.solve(request, call())).result).author, 'base is for nobody')
  })

  it('builds a graph of the client’s own, which the client can build on', async () => {
    const { bridge, built } = openBuild()
    const { result } = create(SolveResponseSchema, await bridge.solve(create(SolveRequestSchema, { ...TAKES_ALL, Definition: GRAPH }), call()))
    assert.deepEqual(result?.result, { case: 'ref', value: create(RefSchema, { id: '0:linux/amd64', def: GRAPH }) })
    await bridge.return(create(ReturnRequestSchema, { result }), call())
    assert.deepEqual(platformsOf(await built), ['linux/amd64'])
  })

  it('joins the caches to import that stand in the attributes and beside them', async () => {
    const builds = createGatewayBuilds()
    const asked: BuildSubject[] = []
    void builds.open('build').steer(new Map(), never)((subject) => {
      asked.push(subject)
      return build(subject)
    }, never)
    const [one, two] = ['one', 'two'].map((ref) => ({ Type: 'registry', Attrs: { ref } }))
    assert.ok(one !== undefined && two !== undefined)
    const FrontendOpt = { 'cache-imports': JSON.stringify([one]) }
    await createLlbBridge(builds).solve(create(SolveRequestSchema, { ...TAKES_ALL, Frontend: 'dockerfile.v0', FrontendOpt, CacheImports: [two, one] }), call())
    assert.deepEqual(JSON.parse(asked[0]?.attributes.get('cache-imports') ?? ''), [one, two])
  })

  it('reads the files of a result', async () => {
    const { bridge } = openBuild()
    await solve(bridge, 'linux/amd64')
    const Ref = '0:linux/amd64'
    const texts = [{}, { Range: { Offset: 2n, Length: 3n } }].map(async (part) => Buffer.from((await bridge.readFile(create(ReadFileRequestSchema, { Ref, FilePath: '/a', ...part }), call())).Data ?? []).toString())
    assert.deepEqual(await Promise.all(texts), ['/a 0+all', '/a 2+3'])
    const { entries } = await bridge.readDir(create(ReadDirRequestSchema, { Ref, DirPath: '/d', IncludePattern: '*.c' }), call())
    const { stat } = await bridge.statFile(create(StatFileRequestSchema, { Ref, Path: '/f' }), call())
    assert.deepEqual([...(entries ?? []), stat].map((found) => [Buffer.from(found?.path ?? []).toString(), found?.mode, found?.uid]), [['/d/*.c', 0o644, 1], ['/f', 0o644, 1]])
  })

  it('puts a result together of several builds, with configs of the client’s own', async () => {
    const { bridge, built } = openBuild()
    await solve(bridge, 'linux/amd64')
    await solve(bridge, 'linux/arm64,linux/arm/v7')
    const config = formatImageConfig({ ...emptyImageConfig(parsePlatform('linux/arm64')), author: 'the client' })
    const platforms = ['linux/arm64', 'linux/amd64'].map((ID) => ({ ID, Platform: { os: 'linux', architecture: ID.slice('linux/'.length) } }))
    const metadata = { 'refs.platforms': Buffer.from(JSON.stringify({ Platforms: platforms })), 'containerimage.config/linux/arm64': config }
    const refs = { 'linux/amd64': { id: '0:linux/amd64' }, 'linux/arm64': { id: '1:linux/arm64' } }
    await bridge.return(create(ReturnRequestSchema, { result: { result: { case: 'refs', value: { refs } }, metadata } }), call())
    const result = await built
    assert.deepEqual(result?.kind === 'built' ? result.platforms.map(({ id, image }) => [id, image.config.author]) : undefined, [['linux/arm64', 'the client'], ['linux/amd64', '']])
  })

  const old = [
    { name: 'one id', request: {}, expected: create(SolveResponseSchema, { ref: '0:linux/amd64' }) },
    { name: 'ids alone', request: { allowResultReturn: true }, expected: create(SolveResponseSchema, { result: { result: { case: 'refDeprecated', value: '0:linux/amd64' } } }) },
  ]
  for (const { name, request, expected } of old) {
    it(`answers an older client with ${name}`, async () => {
      const { bridge } = openBuild()
      assert.deepEqual(create(SolveResponseSchema, await bridge.solve(create(SolveRequestSchema, { ...request, Definition: GRAPH }), call())), expected)
    })
  }

  const refusals = [
    { name: 'a graph without its end', request: { Definition: { def: [new Uint8Array([1])] } }, message: /invalid LLB with 1 vertexes/ },
    { name: 'a graph and a frontend at once', request: { Definition: GRAPH, Frontend: 'dockerfile.v0' }, message: /both Definition and Frontend/ },
    { name: 'a frontend that there is not', request: { Frontend: 'wonder.v0' }, message: /^InvalidValueError: invalid frontend: wonder\.v0$/ },
    { name: 'a frontend that is an image without a name', request: { Frontend: 'gateway.v0' }, message: /no source specified for gateway/ },
    { name: 'a frontend of the client’s own graphs', request: { Frontend: 'gateway.v0', FrontendOpt: { 'gateway-devel': '' } }, message: /development gateway is no longer supported/ },
    { name: 'an input that is no graph', request: { Frontend: 'dockerfile.v0', FrontendInputs: { context: { def: [new Uint8Array([1])] } } }, message: /invalid LLB/ },
  ]
  for (const { name, request, message } of refusals) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(async () => openBuild().bridge.solve(create(SolveRequestSchema, request), call()), message)
    })
  }

  it('has what its client says of it', async () => {
    const { bridge, built } = openBuild()
    await solve(bridge, 'linux/amd64')
    const inTotoSubjects: MessageInitShape<typeof InTotoSubjectSchema>[] = [{ kind: 0, name: '_' }, { kind: 0, name: 'mine' }, { kind: 1, digest: ['sha512:ab'] }]
    await bridge.return(create(ReturnRequestSchema, { result: attested('linux/amd64', { kind: 1, path: '/a', ref: { id: '0:linux/amd64' }, inTotoPredicateType: 'x:y', inTotoSubjects, metadata: { 'inline-only': Buffer.from('true'), 'sbom-core': Buffer.from('sbom') } }) }), call())
    const result = await built
    const [{ open: _, ...said } = { open: undefined }] = result?.kind === 'built' ? (result.platforms[0]?.attestations ?? []) : []
    assert.deepEqual(said, { kind: 'bundle', path: '/a', predicateType: 'x:y', isInlineOnly: true, coreName: 'sbom', subjects: [{ kind: 'exported', alias: '' }, { kind: 'exported', alias: 'mine' }, { kind: 'other', subject: { name: '_', digest: { sha512: 'ab' } } }] })
  })

  const wrongResults = [
    { name: 'names that are no platforms', result: { result: { case: 'refs' as const, value: { refs: { a: { id: '0:linux/amd64' } } } } }, message: /missing platforms mapping/ },
    { name: 'an attestation without a file', result: attested('linux/amd64', { ref: { id: '0:linux/amd64' } }), message: /does not have set path/ },
    { name: 'an attestation that stands nowhere', result: attested('linux/amd64', { path: '/a' }), message: /does not have available content/ },
    { name: 'an attestation of another platform', result: attested('linux/s390x', { path: '/a', ref: { id: '0:linux/amd64' } }), message: /attestations for "linux\/s390x", which is no platform of the result/ },
    { name: 'an attestation of what has no digest', result: attested('linux/amd64', { path: '/a', ref: { id: '0:linux/amd64' }, inTotoSubjects: [{ kind: 1, name: 'x', digest: ['abc'] }] }), message: /invalid digest of a subject: "abc"/ },
    { name: 'where its result is from', result: attested('linux/amd64', { path: '/a', ref: { id: '0:linux/amd64' }, inTotoPredicateType: 'https://slsa.dev/provenance/v1' }), message: /a client may not say where its result is from/ },
  ]
  for (const { name, result, message } of wrongResults) {
    it(`fails where the client returns ${name}`, async () => {
      const { bridge, built } = openBuild()
      const failed = assert.rejects(built, message)
      await solve(bridge, 'linux/amd64')
      await assert.rejects(async () => bridge.return(create(ReturnRequestSchema, { result }), call()), message)
      await failed
    })
  }

  it('has no end of results, but for a bound', async () => {
    const { bridge } = openBuild()
    await solve(bridge, 'linux/amd64,linux/arm64')
    await solve(bridge, Array.from({ length: 9997 }, () => 'linux/amd64').join())
    assert.deepEqual(refsOf(await solve(bridge, 'linux/amd64')), [['', '2:linux/amd64']])
    await assert.rejects(solve(bridge, 'linux/amd64'), { name: 'InvalidValueError', message: 'a build has more than 10000 results' })
  })

  it('takes one result, and goes on after one of a reference that it did not give', async () => {
    const { bridge, built } = openBuild()
    await solve(bridge, 'linux/amd64')
    const returned = async (id: string): Promise<void> => void (await bridge.return(create(ReturnRequestSchema, { result: { result: { case: 'ref', value: { id } } } }), call()))
    await assert.rejects(returned('7:linux/amd64'), /return reference 7:linux\/amd64 not found/)
    const wrong = attested('linux/amd64', { path: '/a', ref: { id: '7:linux/amd64' } })
    await assert.rejects(async () => bridge.return(create(ReturnRequestSchema, { result: wrong }), call()), /return reference 7:linux\/amd64 not found/)
    await returned('0:linux/amd64')
    assert.equal((await built)?.kind, 'built')
    await assert.rejects(returned('0:linux/amd64'), /gateway result is already set/)
  })
})

/** A result of the first build, with one attestation. */
function attested(platform: string, attestation: MessageInitShape<typeof AttestationSchema>): MessageInitShape<typeof ResultSchema> {
  return { result: { case: 'ref', value: { id: '0:linux/amd64' } }, attestations: { [platform]: { attestation: [attestation] } } }
}

function configOf(result: Result | undefined): { readonly author?: string } {
  return JSON.parse(Buffer.from(result?.metadata['containerimage.config'] ?? []).toString()) as { readonly author?: string }
}

/** As all clients of today. */
const TAKES_ALL = { allowResultReturn: true, allowResultArrayRef: true }

type Bridge = ReturnType<typeof createLlbBridge>

function openBuild(): { readonly bridge: Bridge; readonly built: Promise<Built | Answer | undefined> } {
  const builds = createGatewayBuilds()
  return { bridge: createLlbBridge(builds), built: builds.open('build').steer(new Map(), never)(build, never) }
}

/** Says of an image what it was made of. */
async function build(subject: BuildSubject): Promise<Built | Answer> {
  const { attributes } = subject
  const requestId = attributes.get('requestid')
  if (requestId !== undefined) return { kind: 'answer', metadata: new Map([['result.txt', `answer to ${requestId}`]]) }
  const platforms = subject.kind === 'result' ? subject.platforms : (attributes.get('platform') ?? 'linux/amd64').split(',').map((id) => builtFor(id, subject))
  const isMultiPlatform = subject.kind === 'result' ? subject.isMultiPlatform : platforms.length > 1
  const evaluate = async (): Promise<BuildResult> => ({ platforms: [], isMultiPlatform })
  const cache = { records: [], roots: [], foreignLayers: () => undefined }
  return { kind: 'built', platforms, isMultiPlatform, evaluate, solve: async () => undefined, openFiles: async () => FILES, audit: { mode: 'off', origins: [] }, epochSeconds: undefined, foreignBlobs: undefined, provenance: async () => [], evaluateCache: async () => cache }
}

function builtFor(id: string, subject: Exclude<BuildSubject, { readonly kind: 'result' }>): BuiltPlatform {
  const platform = parsePlatform(id)
  return { id, platform, image: { graph: new Map(), root: undefined, config: { ...emptyImageConfig(platform), author: madeOf(subject) }, layerSpans: [] } }
}

function madeOf(subject: Exclude<BuildSubject, { readonly kind: 'result' }>): string {
  if (subject.kind === 'definition') return `${subject.graph.vertices.size} vertices`
  return [...subject.inputs].map(([name, { vertices }]) => `${name} is for ${[...vertices.values()].map(({ op }) => resultIn(op, subject)).join()}`).join()
}

function resultIn(op: ClientOp, { resultOf }: FrontendRequest): string {
  const image = op.kind === 'source' && op.source.kind === 'result' ? resultOf(op.source.id) : undefined
  return image?.config.platform.architecture ?? 'nobody'
}

const FILES: ResultFiles = {
  readFile: (path, part) => Buffer.from(`${path} ${part?.offset ?? 0}+${part?.length ?? 'all'}`),
  readFolder: (path, pattern) => [{ ...STAT, path: `${path}/${pattern ?? ''}` }],
  stat: (path) => ({ ...STAT, path }),
  [Symbol.asyncDispose]: async () => undefined,
}

const STAT = { path: '', mode: 0o100644, uid: 1, gid: 2, sizeBytes: 3, mtimeNs: 4n, linkTarget: '', deviceMajor: 0, deviceMinor: 0, xattrs: new Map<string, Uint8Array>() }

async function solve(bridge: Bridge, platform: string): Promise<Result> {
  const { result } = create(SolveResponseSchema, await bridge.solve(create(SolveRequestSchema, { ...TAKES_ALL, Frontend: 'dockerfile.v0', FrontendOpt: { platform } }), call()))
  assert.ok(result !== undefined)
  return result
}

function refsOf({ result }: Result): readonly (readonly [platform: string, ref: string])[] {
  if (result.case === 'ref') return [['', result.value.id]]
  assert.equal(result.case, 'refs')
  return Object.entries(result.value.refs).map(([platform, { id }]) => [platform, id])
}

function platformsOf(built: Built | Answer | undefined): readonly string[] | undefined {
  return built?.kind === 'built' ? built.platforms.map(({ id }) => id) : undefined
}

/** A call that says which build it belongs to. */
function call(): HandlerContext {
  return createHandlerContext({ service: LLBBridge, method: LLBBridge.method.solve, protocolName: 'grpc', requestMethod: 'POST', url: 'http://localhost/', requestHeader: new Headers({ 'buildkit-controlapi-buildid': 'build' }) })
}
