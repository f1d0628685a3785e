import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../ground/digest.ts'
import { emptyImageConfig } from '../../ground/oci/imageConfig.ts'
import { parsePlatform } from '../../ground/platform.ts'
import type { BuildOptions } from '../build/build.ts'
import { parseFrontendAttributes } from '../build/frontendAttributes.ts'
import type { ResolveDeps } from '../llb/resolveClientGraph.ts'
import { findFrontendImage } from './frontendImage.ts'

const never = new AbortController().signal
const HOST = parsePlatform('linux/amd64')
const NAME = 'example.com/f:1'

describe('the image of a frontend, where only some may be run', () => {
  const asWritten: ResolveDeps['findImage'] = async ({ reference }) => ({ reference: `${reference}@${digestOf('m')}`, manifest: digestOf('m'), config: emptyImageConfig(HOST) })
  const find = async (context: string | undefined, findImage = asWritten): Promise<number> => {
    const executor = { platforms: () => [{ platform: HOST, mode: { kind: 'native' } as const }] }
    const attributes = parseFrontendAttributes(new Map(context === undefined ? [] : [[`context:${NAME}`, context]]))
    const options: BuildOptions = { attributes, sessionId: 's', progress: () => undefined, entitlements: [], inputs: new Map(), sessionEnded: never, ref: 'r', startedAtMs: 0, imported: undefined, bring: undefined, isShared: false, judgeSource: undefined }
    const deps = { executor, resolver: { resolveImage: () => assert.fail('the store is not asked') }, findImage, files: { receiveFolder: () => assert.fail('no folder is read'), sharedFolder: () => undefined, sharedKey: () => '' }, frontendRepositories: ['example.com/f', 'example.com/mine'] }
    return (await findFrontendImage(deps, NAME, options, never)).graph.size
  }

  it('is found where it may be run', async () => assert.equal(await find(undefined), 1))
  it('is that of the registry, not what a client may have put into the store', async () => {
    const asked: unknown[] = []
    await find(undefined, (image, platform, signal) => {
      asked.push(image)
      return asWritten(image, platform, signal)
    })
    assert.deepEqual(asked, [{ kind: 'image', reference: NAME, resolveMode: 'pull', layerLimit: undefined }])
  })
  it('is found where what stands in its place may be run, too', async () => assert.equal(await find('docker-image://example.com/mine'), 1))
  for (const [name, context] of [['another image', 'docker-image://example.com/other'], ['a folder', 'local:folder'], ['a repository', 'https://example.com/a.git'], ['another build', 'input:key']] as const) {
    it(`is refused where it is to be ${name}`, () => assert.rejects(find(context), { name: 'FrontendFailedError', kind: 'denied', message: /is not an allowed gateway source$/ }))
  }
  it('is refused where a policy of the client has another one in its place', () =>
    assert.rejects(find(undefined, (image, platform, signal) => asWritten({ ...image, reference: 'example.com/other' }, platform, signal)), { kind: 'denied', message: /^'example\.com\/other@sha256:\w+' is not an allowed/ }))
})
