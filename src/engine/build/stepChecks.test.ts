import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EmulatorMissingError } from '../../executor/executor.ts'
import type { ExecOp, Graph, Vertex } from '../../graph/vertex.ts'
import { digestOf } from '../../ground/digest.ts'
import { parsePlatform, type Platform } from '../../ground/platform.ts'
import { checkSteps, type StepChecks } from './stepChecks.ts'

describe('checkSteps', () => {
  const cases = [
    { name: 'lets a native step without network rights pass', platform: 'linux/amd64', op: {}, entitlements: [], refuses: undefined },
    { name: 'refuses the host network to a build that may not', platform: 'linux/amd64', op: { network: 'host' }, entitlements: [], refuses: { message: 'network.host is not allowed', hint: 'add --allow network.host' } },
    { name: 'grants the host network to a build that may', platform: 'linux/amd64', op: { network: 'host' }, entitlements: ['network.host'], refuses: undefined },
    { name: 'refuses to leave the sandbox to a build that may not', platform: 'linux/amd64', op: { security: 'insecure' }, entitlements: ['network.host'], refuses: { message: 'security.insecure is not allowed', hint: 'add --allow security.insecure' } },
    { name: 'lets a build leave the sandbox that may', platform: 'linux/amd64', op: { security: 'insecure' }, entitlements: ['security.insecure'], refuses: undefined },
    { name: 'refuses a device that the user has not allowed', platform: 'linux/amd64', op: { devices: [{ name: 'a.com/b=c', isOptional: true }] }, entitlements: ['device=a.com/b=d'], refuses: { message: 'device=a.com/b=c is not allowed', hint: 'add --allow device=a.com/b=c' } },
    { name: 'grants a device by its name', platform: 'linux/amd64', op: { devices: [{ name: 'a.com/b=c', isOptional: false }] }, entitlements: ['device=a.com/b=c'], refuses: undefined },
    { name: 'grants all devices', platform: 'linux/amd64', op: { devices: [{ name: 'a.com/b=c', isOptional: false }] }, entitlements: ['device'], refuses: undefined },
    { name: 'does without a device that is not there', platform: 'linux/amd64', op: { devices: [{ name: 'a.com/b=none', isOptional: true }] }, entitlements: [], refuses: undefined },
    { name: 'refuses a required device that is not there', platform: 'linux/amd64', op: { devices: [{ name: 'a.com/b=none', isOptional: false }] }, entitlements: ['device'], refuses: { message: 'device a.com/b=none is not on this machine', kind: 'not-found' } },
    { name: 'refuses a platform that nothing runs here', platform: 'linux/s390x', op: { network: 'none' }, entitlements: [], refuses: { message: 'no emulator', hint: 'install one' } },
  ] as const
  for (const { name, platform, op, entitlements, refuses } of cases) {
    it(name, () => {
      const check = (): void => checkSteps(graphOf(parsePlatform(platform), op), { executor: onlyAmd64, devices, entitlements })
      if (refuses === undefined) assert.doesNotThrow(check)
      else assert.throws(check, { name: 'VertexFailedError', kind: refuses.message === 'no emulator' ? 'unavailable' : 'usage', ...refuses })
    })
  }
})

const devices: StepChecks['devices'] = { find: (name) => (name === 'a.com/b=c' ? { env: [], mounts: [] } : undefined) }
const onlyAmd64: StepChecks['executor'] = {
  runMode(platform) {
    if (platform.architecture !== 'amd64') throw new EmulatorMissingError(platform, 'no emulator', 'install one')
    return { kind: 'native' }
  },
}

function graphOf(platform: Platform, change: Partial<ExecOp>): Graph {
  const op: ExecOp = { kind: 'exec', argv: ['true'], env: [], cwd: '/', user: '', proxyEnv: [], mounts: [], network: 'default', security: 'sandbox', hostname: '', extraHosts: [], ulimits: [], shmSizeBytes: 0, cgroupParent: '', ...change }
  const vertex: Vertex = { digest: digestOf('step'), op, inputs: [], platform, note: { name: 'RUN true', ignoreCache: false, span: undefined } }
  return new Map([[vertex.digest, vertex]])
}
