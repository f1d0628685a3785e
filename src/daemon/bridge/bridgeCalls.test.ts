import { create } from '@bufbuild/protobuf'
import { createHandlerContext, type HandlerContext } from '@connectrpc/connect'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputsRequestSchema, LLBBridge, ResolveImageConfigRequestSchema, WarnRequestSchema } from '../../api/gen/gateway_pb.ts'
import { DefinitionSchema } from '../../api/gen/ops_pb.ts'
import { toStatus } from '../../api/errorMapping.ts'
import { GRPC } from '../../api/grpc/status.ts'
import type { LookedUpImage } from '../../engine/sources/imageLookup.ts'
import type { SourceLookups } from '../../engine/sources/sourceLookups.ts'
import { digestOf } from '../../ground/digest.ts'
import { formatPlatform, parsePlatform } from '../../ground/platform.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { PlatformMissingError } from '../../registry/resolve.ts'
import { answerAsBuildKit } from './answerAsBuildKit.ts'
import { createClientBuilds } from './clientBuilds.ts'
import { createNoteCalls } from './noteCalls.ts'
import { createSourceCalls } from './sourceCalls.ts'

const OPAQUE = digestOf('an image')

describe('the calls of a frontend of the client’s own', () => {
  const unknown = [
    { name: 'that names no build', headers: {}, code: GRPC.unknown, message: 'forwarding Inputs: no buildid found in context' },
    { name: 'of a build that is over', headers: { 'buildkit-controlapi-buildid': 'over' }, code: GRPC.notFound, message: 'forwarding Inputs: no such job over' },
  ]
  for (const { name, headers, code, message } of unknown) {
    it(`fails as BuildKit’s does where it is one ${name}`, async () => {
      const builds = createClientBuilds()
      await builds.open('over', BUILD)[Symbol.asyncDispose]()
      const { inputs } = answerAsBuildKit(createNoteCalls(builds))
      await assert.rejects(async () => inputs(create(InputsRequestSchema), call('inputs', headers)), isStatus({ code, message }))
    })
  }

  it('give back the inputs as they came', async () => {
    const definition = create(DefinitionSchema, { def: [Uint8Array.of(1, 2)] })
    const builds = createClientBuilds()
    await using _build = builds.open('build', { ...BUILD, inputs: { base: definition } })
    assert.deepEqual(await createNoteCalls(builds).inputs(create(InputsRequestSchema), call('inputs')), { Definitions: { base: definition } })
  })

  it('warn with the lines that the warning is about', async () => {
    const told: ProgressEvent[] = []
    const builds = createClientBuilds()
    await using _build = builds.open('build', { ...BUILD, progress: (event) => told.push(event) })
    const info = { filename: 'site.hcl', data: Buffer.from('a\nb\nc\n') }
    await createNoteCalls(builds).warn(create(WarnRequestSchema, { digest: OPAQUE, short: Buffer.from('careful'), detail: [Buffer.from('with this')], url: 'https://x.test', info, ranges: [{ start: { line: 2 }, end: { line: 2 } }, { start: { line: 3 } }] }), call('warn'))
    const [{ at, ...warning } = { at: 0 }] = told
    assert.ok(at > 0)
    assert.deepEqual(warning, { kind: 'warning', vertex: OPAQUE, message: 'careful', detail: ['with this'], url: 'https://x.test', span: { source: { filename: 'site.hcl', text: 'a\nb\nc\n' }, startLine: 2, endLine: 3 } })
  })

  const questions = [
    { name: 'of a registry', request: { Ref: 'app', ResolveMode: 'pull' }, asked: 'registry app for the engine’s own, registry' },
    { name: 'for a platform', request: { Ref: 'app', Platform: { OS: 'linux', Architecture: 'aarch64', Variant: 'v8' } }, asked: 'registry app for linux/arm64, prefer-local' },
    { name: 'for a platform without a name', request: { Ref: 'app', Platform: {} }, asked: 'registry app for the engine’s own, prefer-local' },
    { name: 'of a layout', request: { Ref: `s@${OPAQUE}`, ResolverType: 1, SessionID: 'other', StoreID: 'place' }, asked: `layout s@${OPAQUE} at other/place` },
  ]
  for (const { name, request, asked } of questions) {
    it(`look up an image ${name}`, async () => {
      const builds = createClientBuilds()
      await using _build = builds.open('build', BUILD)
      const answer = await createSourceCalls(builds, SOURCES).resolveImageConfig(create(ResolveImageConfigRequestSchema, request), call('resolveImageConfig'))
      assert.deepEqual({ ...answer, Config: Buffer.from(answer.Config ?? []).toString() }, { Ref: request.Ref, Digest: OPAQUE, Config: asked })
    })
  }

  const refusals = [
    { name: 'a mode that is none', request: { Ref: 'app', ResolveMode: 'often' }, message: 'failed to resolve source metadata for app: invalid resolvemode: often: one of default, pull, local' },
    { name: 'a kind of store that is none', request: { Ref: 'app', ResolverType: 7 }, message: 'failed to resolve source metadata for app: unknown resolver type: 7' },
    { name: 'a platform that the image is not for, and say which it has', request: { Ref: 'app', Platform: { OS: 'linux', Architecture: 'riscv64' } }, message: 'failed to resolve source metadata for app: there is no image for linux/riscv64: it has linux/amd64; choose one of these, or an image that has linux/riscv64' },
  ]
  for (const { name, request, message } of refusals) {
    it(`refuse ${name}`, async () => {
      const builds = createClientBuilds()
      await using _build = builds.open('build', BUILD)
      const { resolveImageConfig } = answerAsBuildKit(createSourceCalls(builds, SOURCES))
      await assert.rejects(async () => resolveImageConfig(create(ResolveImageConfigRequestSchema, request), call('resolveImageConfig')), isStatus({ code: GRPC.unknown, message }))
    })
  }
})

function isStatus(expected: { readonly code: number; readonly message: string }): (error: unknown) => boolean {
  return (error) => {
    const { code, message } = toStatus(error)
    assert.deepEqual({ code, message }, expected)
    return true
  }
}

const BUILD = { sessionId: 'session', progress: () => undefined, inputs: {}, sourcePolicies: [], entitlements: [] }

/** Answers with what it was asked. */
const SOURCES: SourceLookups = {
  async image({ name, platform, mode }) {
    if (platform?.architecture === 'riscv64') throw new PlatformMissingError('app', platform, [parsePlatform('linux/amd64')])
    return found(name, `registry ${name} for ${platform === undefined ? 'the engine’s own' : formatPlatform(platform)}, ${mode}`)
  },
  meta: async (written) => ({ kind: 'other', written }),
  layout: async ({ name, sessionId, store }) => found(name, `layout ${name} at ${sessionId}/${store}`),
}

function found(name: string, config: string): LookedUpImage {
  return { name, digest: OPAQUE, config: Buffer.from(config) }
}

function call(method: 'inputs' | 'warn' | 'resolveImageConfig', requestHeader: Readonly<Record<string, string>> = { 'buildkit-controlapi-buildid': 'build' }): HandlerContext {
  return createHandlerContext({ service: LLBBridge, method: LLBBridge.method[method], protocolName: 'grpc', requestMethod: 'POST', url: 'http://localhost/', requestHeader: new Headers(requestHeader) })
}
