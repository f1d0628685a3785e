import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ExecOp, TwinUse, Vertex } from '../../graph/vertex.ts'
import { digestOf } from '../../ground/digest.ts'
import { parsePlatform } from '../../ground/platform.ts'
import type { ProgressEvent } from '../../progress/progressEvent.ts'
import { describeExecution } from './execution.ts'
import { createStepWatch } from './stepWatch.ts'

const ARM64 = parsePlatform('linux/arm64')

function step(name: string, twins?: TwinUse): Vertex {
  const op: ExecOp = { kind: 'exec', argv: [name], env: [], cwd: '/', user: '', proxyEnv: [], mounts: [], network: 'default', security: 'sandbox', hostname: '', extraHosts: [], ulimits: [], shmSizeBytes: 0, cgroupParent: '', ...(twins !== undefined && { twins }) }
  return { digest: digestOf(name), op, inputs: [], platform: ARM64, note: { name, ignoreCache: false, span: undefined } }
}

/** What a step's events say: whether it was emulated, and why it had no twins ('' is that it had some), or how many processes they ran. */
function events(name: string, why?: string, native = 1): readonly ProgressEvent[] {
  const common = { vertex: digestOf(name), at: 0 }
  const twins: readonly ProgressEvent[] = why === undefined ? [] : [{ kind: 'vertex-twins', ...common, native: why === '' ? native : 0, emulated: 0, why }]
  return [{ kind: 'vertex-emulated', ...common, emulator: 'qemu-aarch64' }, ...twins, { kind: 'vertex-done', ...common, outcome: { kind: 'executed' } }]
}

describe('how steps were run', () => {
  it('tells those with native twins from those that had none, and from verified ones', () => {
    const watch = createStepWatch(() => undefined)
    for (const event of [...events('plain'), ...events('twins', ''), ...events('none', 'another libc'), ...events('verified', ''), ...events('unused', '', 0)]) watch.sink(event)
    const tools: TwinUse = { mode: 'tools', input: 0 }
    const vertices = [step('plain'), step('twins', tools), step('none', tools), step('verified', { mode: 'verify', input: 0 }), step('unused', { mode: 'verify', input: 0 }), step('cached', tools)]
    assert.deepEqual(describeExecution(vertices, watch, () => 'qemu'), [{ platform: 'linux/arm64', mode: 'qemu', executed: 5, emulated: 5, accelerate: 'on', accelerated: 1, verified: 1, cached: 1 }])
  })
  const modes: readonly (readonly [uses: readonly TwinUse[], accelerate: string])[] = [
    [[{ mode: 'tools', input: 0 }, { mode: 'tools', input: 0, toolchain: 1 }], 'toolchain'],
    [[{ mode: 'verify', input: 0 }], 'verify'],
    [[{ mode: 'verify', input: 0, toolchain: 1 }], 'verify-toolchain'],
  ]
  for (const [uses, accelerate] of modes) {
    it(`names the mode ${accelerate}`, () => {
      const [told] = describeExecution(uses.map((use, index) => step(`${index}`, use)), createStepWatch(() => undefined), () => 'qemu')
      assert.equal(told?.accelerate, accelerate)
    })
  }
  it('says nothing of twins where there are none', () => {
    const watch = createStepWatch(() => undefined)
    for (const event of events('plain')) watch.sink(event)
    assert.deepEqual(describeExecution([step('plain')], watch, () => 'qemu'), [{ platform: 'linux/arm64', mode: 'qemu', executed: 1, emulated: 1, cached: 0 }])
  })
})
