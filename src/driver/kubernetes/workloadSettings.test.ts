import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkKubernetesOptions } from './kubernetesOptions.ts'
import { parseWorkloadSettings } from './workloadSettings.ts'

const check = (key: string, value: string): void => checkKubernetesOptions(new Map([[key, value]]))
const parse = (options: Readonly<Record<string, string>>): ReturnType<typeof parseWorkloadSettings> => parseWorkloadSettings(new Map(Object.entries(options)))

describe('the options of the driver kubernetes', () => {
  for (const [key, value] of [
    ['image', 'a:1'], ['namespace', 'builds'], ['replicas', '3'], ['rootless', 'true'], ['loadbalance', 'random'], ['timeout', '10m'], ['default-load', 'true'],
    ['requests.cpu', '500m'], ['requests.memory', '4Gi'], ['limits.cpu', '2'], ['limits.ephemeral-storage', '10G'], ['persistent-volume-claim.requests.storage', '20Gi'], ['buildkit-root-volume-memory', '6G'],
    ['nodeselector', 'kubernetes.io/arch=arm64'], ['nodeselector', '"a=b,c=d"'], ['labels', 'team=x'], ['annotations', 'a.b/c=d'], ['serviceaccount', 's'], ['schedulername', 's'],
    ['tolerations', 'key=a,operator=Exists;key=b,value=c,effect=NoExecute,tolerationSeconds=60'], ['qemu.install', 'true'], ['qemu.image', 'q:1'], ['env.A', 'b=c'],
  ] as const) {
    it(`take ${key}=${value}`, () => check(key, value))
  }
  for (const [key, value] of [
    ['replicas', '0'], ['replicas', '1.5'], ['rootless', 'maybe'], ['loadbalance', 'round'], ['timeout', '10'], ['requests.cpu', '2 cores'], ['limits.memory', '1GB'], ['limits.gpu', '1'],
    ['nodeselector', 'arm64'], ['nodeselector', 'a=b=c'], ['labels', 'app=x'], ['annotations', 'buildx.docker.com/platform=x'], ['tolerations', 'key'], ['tolerations', 'effect=Never'], ['tolerations', 'colour=red'], ['env.', 'x'], ['env.a b', 'x'],
  ] as const) {
    it(`refuse ${key}=${value}, and say what to write`, () => assert.throws(() => check(key, value), (error) => error instanceof Error && error.name === 'InvalidValueError' && 'hint' in error && error.hint !== undefined))
  }
  it('name the nearest of what is not there', () => assert.throws(() => check('nodeselectr', 'a=b'), { hint: /^did you mean nodeselector\?/ }))
  it('have the state in one place', () => assert.throws(() => parse({ 'persistent-volume-claim.requests.storage': '1Gi', 'buildkit-root-volume-memory': '1Gi' }), { name: 'InvalidValueError' }))
  it('have buildx\'s defaults', () => {
    const { image, replicas, loadBalance, timeoutMs } = parse({})
    assert.deepEqual({ image, replicas, loadBalance, timeoutMs }, { image: 'moby/buildkit:buildx-stable-1', replicas: 1, loadBalance: 'sticky', timeoutMs: 120_000 })
    assert.equal(parse({ rootless: 'true' }).image, 'moby/buildkit:buildx-stable-1-rootless')
    assert.equal(parse({ rootless: 'true', image: 'own:1' }).image, 'own:1')
    assert.equal(parse({ 'qemu.install': 'true' }).qemuImage, 'tonistiigi/binfmt:latest')
    assert.equal(parse({ 'qemu.image': 'q:1' }).qemuImage, undefined)
  })
  it('are read into what pods are made of', () => {
    const { nodeSelector, tolerations, requests } = parse({ nodeselector: '"a=b,c=d"', tolerations: '"key=a,operator=Exists;key=b,tolerationSeconds=60"', 'requests.cpu': '1', 'requests.memory': '' })
    assert.deepEqual([...nodeSelector], [['a', 'b'], ['c', 'd']])
    assert.deepEqual(tolerations, [{ key: 'a', operator: 'Exists' }, { key: 'b', tolerationSeconds: 60 }])
    assert.deepEqual([...requests], [['cpu', '1']])
  })
})
