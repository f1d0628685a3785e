import { create } from '@bufbuild/protobuf'
import { createHandlerContext, type HandlerContext } from '@connectrpc/connect'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EvaluateRequestSchema, LLBBridge, ReturnRequestSchema, SolveRequestSchema, SolveResponseSchema, type Result } from '../api/gen/gateway_pb.ts'
import type { Answer, Built, FrontendRequest } from '../engine/engine.ts'
import type { BuildResult } from '../exporter/exporter.ts'
import { emptyImageConfig } from '../ground/oci/imageConfig.ts'
import { parsePlatform } from '../ground/platform.ts'
import { createGatewayBuilds } from './gatewayBuilds.ts'
import { createLlbBridge } from './llbBridge.ts'

const never = new AbortController().signal

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
    const built = builds.open('build').steer(never)(build, never)
    ;(await early).finish([])
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
    const { result } = create(SolveResponseSchema, await bridge.solve(create(SolveRequestSchema, { Frontend: 'gateway.v0', FrontendOpt: { source: 'docker/dockerfile:1', platform: 'linux/amd64' } }), call()))
    assert.equal(result?.result.case, 'ref')
  })

  it('answers what is asked without a reference, and ends with nothing to export', async () => {
    const { bridge, built } = openBuild()
    const { result } = create(SolveResponseSchema, await bridge.solve(create(SolveRequestSchema, { Frontend: 'dockerfile.v0', FrontendOpt: { requestid: 'frontend.lint' } }), call()))
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
    const whole = builds.open('build').steer(never)((_request, signal) => {
      begun.resolve(signal)
      return new Promise(() => undefined)
    }, stop.signal)
    void (await builds.find('build', never)).build({ attributes: new Map(), inputs: new Map() }, never)
    const inner = await begun.promise
    stop.abort()
    await assert.rejects(whole, { name: 'AbortError' })
    assert.equal(inner.aborted, true)
  })

  it('takes its results as inputs of other builds, as long as the session of theirs lasts', async () => {
    const session = new AbortController()
    const builds = createGatewayBuilds()
    void builds.open('build').steer(session.signal)(build, never)
    const bridge = createLlbBridge(builds)
    const made = await solve(bridge, 'linux/amd64,linux/arm/v7')
    const input = made.result.case === 'refs' ? made.result.value.refs['linux/arm/v7']?.def : undefined
    const request = create(SolveRequestSchema, { Frontend: 'dockerfile.v0', FrontendOpt: { platform: 'linux/386' }, ...(input !== undefined && { FrontendInputs: { base: input } }) })
    const { result } = create(SolveResponseSchema, await bridge.solve(request, call()))
    assert.equal((JSON.parse(Buffer.from(result?.metadata['containerimage.config'] ?? []).toString()) as { author: string }).author, 'base is for arm')
    session.abort()
    await assert.rejects(async () => bridge.solve(request, call()), /"base" is a result that is not here any more/)
  })

  const refusals = [
    { name: 'a graph of the client’s own', request: { Definition: { def: [new Uint8Array([1])] } }, message: /LLB/ },
    { name: 'another frontend', request: { Frontend: 'gateway.v0', FrontendOpt: { source: 'example.com/frontend' } }, message: /frontend other than/ },
    { name: 'an input of the client’s own', request: { Frontend: 'dockerfile.v0', FrontendInputs: { context: {} } }, message: /LLB/ },
  ]
  for (const { name, request, message } of refusals) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(async () => openBuild().bridge.solve(create(SolveRequestSchema, request), call()), { name: 'InvalidValueError', message })
    })
  }

  it('refuses references of no build, and a part of a result', async () => {
    const { bridge } = openBuild()
    await solve(bridge, 'linux/amd64,linux/arm/v7')
    await assert.rejects(async () => bridge.evaluate(create(EvaluateRequestSchema, { Ref: '7:linux/amd64' }), call()), /no such reference/)
    const part = { result: { result: { case: 'ref' as const, value: { id: '0:linux/amd64' } } } }
    await assert.rejects(async () => bridge.return(create(ReturnRequestSchema, part), call()), /several builds/)
  })
})

type Bridge = ReturnType<typeof createLlbBridge>

function openBuild(): { readonly bridge: Bridge; readonly built: Promise<Built | Answer | undefined> } {
  const builds = createGatewayBuilds()
  return { bridge: createLlbBridge(builds), built: builds.open('build').steer(never)(build, never) }
}

async function build({ attributes, inputs }: FrontendRequest): Promise<Built | Answer> {
  const requestId = attributes.get('requestid')
  if (requestId !== undefined) return { kind: 'answer', metadata: new Map([['result.txt', `answer to ${requestId}`]]) }
  const ids = (attributes.get('platform') ?? '').split(',')
  const platforms = ids.map((id) => ({ id, platform: parsePlatform(id), image: { graph: new Map(), root: undefined, config: { ...emptyImageConfig(parsePlatform(id)), author: [...inputs].map(([name, { config }]) => `${name} is for ${config.platform.architecture}`).join() }, layerSpans: [] } }))
  const evaluate = async (): Promise<BuildResult> => ({ platforms: [], isMultiPlatform: ids.length > 1 })
  return { kind: 'built', platforms, isMultiPlatform: ids.length > 1, evaluate, audit: { mode: 'off', origins: [] }, epochSeconds: undefined, foreignBlobs: undefined, evaluateCache: async () => ({ records: [], roots: [], foreignLayers: () => undefined }) }
}

async function solve(bridge: Bridge, platform: string): Promise<Result> {
  const { result } = create(SolveResponseSchema, await bridge.solve(create(SolveRequestSchema, { Frontend: 'dockerfile.v0', FrontendOpt: { platform } }), call()))
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
