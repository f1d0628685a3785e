import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toObject } from '../../ground/jsonValue.ts'
import { parsePods, type PodState } from './podState.ts'

/** A pod of which one container has `status`. */
function pod(phase: string, container: object | undefined, rest: { readonly conditions?: readonly object[]; readonly deletionTimestamp?: string } = {}): PodState | undefined {
  const { conditions = [], ...metadata } = rest
  const status = { phase, conditions, ...(container !== undefined && { containerStatuses: [{ name: 'buildkitd', ready: false, restartCount: 0, ...container }] }) }
  return parsePods(toObject({ items: [{ metadata: { name: 'p', ...metadata }, status }] }, 'pods'))[0]
}

describe('a pod', () => {
  it('that answers is ready', () => {
    assert.deepEqual(pod('Running', { ready: true, state: { running: {} } }, { conditions: [{ type: 'Ready', status: 'True' }] }), { name: 'p', isRunning: true, isReady: true, trouble: undefined })
  })
  it('that is about to go is not', () => assert.deepEqual(pod('Running', undefined, { conditions: [{ type: 'Ready', status: 'True' }], deletionTimestamp: '2026-01-01T00:00:00Z' }), { name: 'p', isRunning: false, isReady: false, trouble: undefined }))
  for (const reason of ['ContainerCreating', 'PodInitializing']) {
    it(`that is ${reason} is on its way`, () => assert.equal(pod('Pending', { state: { waiting: { reason } } })?.trouble, undefined))
  }
  for (const [name, made, text, isLasting] of [
    ['no node for it', pod('Pending', undefined, { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes are available: 2 node(s) didn\'t match Pod\'s node affinity/selector.' }] }), /^cannot be scheduled: 0\/2 nodes/, false],
    ['an image that fails for the first time', pod('Pending', { state: { waiting: { reason: 'ErrImagePull', message: 'not found' } } }), /^buildkitd: ErrImagePull: not found$/, false],
    ['an image that fails again', pod('Pending', { state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' } } }), /^buildkitd: ImagePullBackOff: Back-off/, true],
    ['an engine that ends again and again', pod('Running', { restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s' } }, lastState: { terminated: { exitCode: 1, reason: 'Error' } } }), /^buildkitd: CrashLoopBackOff: back-off 20s \(it ended with exit code 1\)$/, true],
    ['an engine without memory', pod('Running', { restartCount: 1, state: { running: {} }, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }), /^buildkitd: started again 1 times \(OOMKilled with exit code 137\)$/, false],
  ] as const) {
    it(`with ${name} says so`, () => {
      assert.match(made?.trouble?.text ?? '', text)
      assert.equal(made?.trouble?.isLasting, isLasting)
    })
  }
})
