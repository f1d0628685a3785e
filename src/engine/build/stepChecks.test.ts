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
    { name: 'refuses a platform that nothing runs here', platform: 'linux/s390x', op: { network: 'none' }, entitlements: [], refuses: { message: 'no emulator', hint: 'install one' } },
  ] as const
  for (const { name, platform, op, entitlements, refuses } of cases) {
    it(name, () => {
      const check = (): void => checkSteps(graphOf(parsePlatform(platform), op), { executor: onlyAmd64, entitlements })
      if (refuses === undefined) assert.doesNotThrow(check)
      else assert.throws(check, { name: 'VertexFailedError', kind: refuses.message === 'no emulator' ? 'unavailable' : 'usage', ...refuses })
    })
  }
})

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
