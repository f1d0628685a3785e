import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Cluster, WorkloadState } from './cluster.ts'
import type { PodState, PodTrouble } from './podState.ts'
import { awaitRollout } from './rollout.ts'

const never = new AbortController().signal

interface Moment {
  readonly ready: number
  readonly failure?: string
  readonly trouble?: PodTrouble
}

/** A cluster that tells of one moment after the other, and then of the last. */
function clusterOf(moments: readonly [Moment, ...Moment[]]): Pick<Cluster, 'state' | 'pods' | 'lastWords'> {
  let asked = 0
  let now: Moment = moments[0]
  return {
    async state(): Promise<WorkloadState> {
      now = moments[Math.min(asked++, moments.length - 1)] ?? moments[0]
      return { replicas: 2, readyReplicas: now.ready, failure: now.failure ?? '' }
    },
    pods: async (): Promise<readonly PodState[]> => [{ name: 'p', isRunning: true, isReady: false, trouble: now.trouble }],
    lastWords: async () => 'level=info msg=up\nError: no such option\n',
  }
}

async function roll(moments: readonly [Moment, ...Moment[]], timeoutMs = 60_000): Promise<readonly string[]> {
  const notes: string[] = []
  await awaitRollout(clusterOf(moments), { name: 'b0', replicas: 2, timeoutMs, notice: (text) => notes.push(text) }, never)
  return notes
}

const unplaced: PodTrouble = { text: 'cannot be scheduled: 0/1 nodes', isLasting: false, hasLog: false }

describe('a rollout', () => {
  it('is over when all pods answer, and says once what they waited for', async () => {
    assert.deepEqual(await roll([{ ready: 0, trouble: unplaced }, { ready: 1, trouble: unplaced }, { ready: 2 }]), ['b0: pod p cannot be scheduled: 0/1 nodes'])
  })
  it('fails at once where waiting does not help, with what the engine said', async () => {
    const trouble = { text: 'buildkitd: CrashLoopBackOff', isLasting: true, hasLog: true }
    await assert.rejects(roll([{ ready: 0, trouble }]), { message: 'the pods of b0 do not come up:\n  pod p buildkitd: CrashLoopBackOff\n    level=info msg=up\n    Error: no such option', hint: /--buildkitd-flags/ })
  })
  it('fails after its time with the reasons that are known', async () => {
    await assert.rejects(roll([{ ready: 1, trouble: unplaced }], 0), { message: 'the pods of b0 (2) are not ready after 0 s:\n  pod p cannot be scheduled: 0/1 nodes', hint: /nodeselector/ })
    await assert.rejects(roll([{ ready: 0 }], 0), { message: 'the pods of b0 (2) are not ready after 0 s', hint: /timeout=10m/ })
  })
  it('tells of a policy that lets no pod be made', async () => {
    await assert.rejects(roll([{ ready: 0, failure: 'pods "b0-x" is forbidden: violates PodSecurity "restricted:latest": privileged' }], 0), { hint: /rootless=true/ })
  })
})
