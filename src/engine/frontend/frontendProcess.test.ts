import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY_CONTAINER_CONFIG, type ContainerConfig } from '../../ground/oci/imageConfig.ts'
import { parsePlatform } from '../../ground/platform.ts'
import { checkImageCaps, frontendProcess } from './frontendProcess.ts'

const start = (config: Partial<ContainerConfig> = {}, attributes: ReadonlyMap<string, string> = new Map()): ReturnType<typeof frontendProcess> =>
  frontendProcess({ config: { ...EMPTY_CONTAINER_CONFIG, ...config }, attributes, sessionId: 's', workers: '[]', rootfs: '/r', platform: parsePlatform('linux/amd64') })

describe('the process of a frontend', () => {
  it('has what it is asked in its environment, behind the image’s own', () => {
    const { env } = start({ env: ['PATH=/own', 'A=1'] }, new Map([['filename', 'Dockerfile'], ['build-arg:X', 'a=b\nc']]))
    assert.deepEqual(env, ['PATH=/own', 'A=1', 'BUILDKIT_FRONTEND_OPT_0=filename=Dockerfile', 'BUILDKIT_FRONTEND_OPT_1=build-arg:X=a=b\nc', 'BUILDKIT_SESSION_ID=s', 'BUILDKIT_WORKERS=[]', 'BUILDKIT_EXPORTEDPRODUCT=pelago'])
  })
  it('is /run as root in / where the image says nothing', () => {
    const { argv, cwd, user, network } = start({ cmd: ['ignored'], user: 'ignored' })
    assert.deepEqual({ argv, cwd, user, network }, { argv: ['/run'], cwd: '/', user: '', network: 'default' })
  })
  it('is /run where the image’s entrypoint is empty', () => assert.deepEqual(start({ entrypoint: [] }).argv, ['/run']))
  it('is the image’s entrypoint in its folder', () => {
    const { argv, cwd } = start({ entrypoint: ['/bin/f', '-x'], workingDir: '/w' })
    assert.deepEqual({ argv, cwd }, { argv: ['/bin/f', '-x'], cwd: '/w' })
  })
  for (const [value, network] of [['true', 'none'], ['1', 'none'], ['false', 'default'], ['perhaps', 'default']] as const) {
    it(`has the network ${network} where its image’s label says ${value}`, () => assert.equal(start({ labels: new Map([['moby.buildkit.frontend.network.none', value]]) }).network, network))
  }
})

describe('what is needed of a frontend', () => {
  const config = { ...EMPTY_CONTAINER_CONFIG, labels: new Map([['moby.buildkit.frontend.caps', 'moby.buildkit.frontend.inputs,moby.buildkit.frontend.contexts+forward']]) }
  it('is there where its image says so', () => {
    checkImageCaps(config, new Map([['frontend.caps', 'moby.buildkit.frontend.contexts+forward']]), true)
  })
  const missing = [
    { name: 'what the client asks for', labels: config.labels, caps: 'moby.buildkit.frontend.subrequests', hasInputs: false, message: /unsupported frontend capability moby\.buildkit\.frontend\.subrequests/ },
    { name: 'inputs', labels: new Map<string, string>(), caps: '', hasInputs: true, message: /unsupported frontend capability moby\.buildkit\.frontend\.inputs/ },
  ]
  for (const { name, labels, caps, hasInputs, message } of missing) {
    it(`is refused where its image does not say it: ${name}`, () => assert.throws(() => checkImageCaps({ ...EMPTY_CONTAINER_CONFIG, labels }, new Map([['frontend.caps', caps]]), hasInputs), { name: 'FrontendCapMissingError', message }))
  }
})
