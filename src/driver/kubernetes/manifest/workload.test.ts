import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parsePlatform } from '../../../ground/platform.ts'
import { parseWorkloadSettings } from '../workloadSettings.ts'
import { planWorkload, type Workload } from './workload.ts'

interface Case {
  readonly options?: Readonly<Record<string, string>>
  readonly platforms?: readonly string[]
  readonly flags?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
}

const CASES: readonly (readonly [name: string, of: Case])[] = [
  ['plain', { flags: ['--allow-insecure-entitlement=network.host'] }],
  ['rootless', { options: { rootless: 'true', 'buildkit-root-volume-memory': '2Gi' }, flags: ['--debug'] }],
  ['claim', { options: { 'persistent-volume-claim.requests.storage': '20Gi', replicas: '3' }, files: { 'buildkitd.toml': 'debug = true\n' } }],
  ['rootless-claim', { options: { rootless: 'true', 'persistent-volume-claim.requests.storage': '20Gi' } }],
  [
    'everything',
    {
      options: {
        namespace: 'builds', image: 'own:1', replicas: '2', 'requests.cpu': '500m', 'requests.memory': '1Gi', 'requests.ephemeral-storage': '5Gi', 'limits.cpu': '2', 'limits.memory': '4Gi', 'limits.ephemeral-storage': '10Gi',
        nodeselector: 'kubernetes.io/arch=arm64', tolerations: 'key=arch,value=arm64,effect=NoSchedule', labels: 'team=build', annotations: 'owner=me', serviceaccount: 'builder', schedulername: 'own', 'qemu.install': 'true', 'env.A': 'b',
      },
      platforms: ['linux/arm64', 'linux/arm/v7'],
      files: { 'buildkitd.toml': '[registry."r"]\n', 'certs/r/ca.crt': 'PEM\n', 'certs/other/ca.crt': 'PEM 2\n' },
    },
  ],
]

function plan({ options = {}, platforms = [], flags = [], files = {} }: Case): Workload {
  return planWorkload({ namespace: 'ns', node: 'my_builder0', settings: parseWorkloadSettings(new Map(Object.entries(options))), platforms: platforms.map((text) => parsePlatform(text)), flags, files: new Map(Object.entries(files)) })
}

/** What goes to the cluster, in `testdata`. UPDATE_GOLDEN=1 writes the files anew. */
describe('the manifests of a builder\'s node', () => {
  for (const [name, of] of CASES) {
    it(`are those of testdata/${name}.json`, () => {
      const golden = new URL(`testdata/${name}.json`, import.meta.url)
      const { manifest, configMaps } = plan(of)
      const got = `${JSON.stringify([...configMaps.map((config) => config.manifest), manifest], undefined, 2)}\n`
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, got)
      assert.ok(existsSync(golden))
      assert.equal(got, readFileSync(golden, 'utf8'))
    })
  }
  it('are found again by buildx\'s name and labels', () => {
    const { name, resource, selector } = plan({ options: { labels: 'team=x' } })
    assert.deepEqual({ name, resource, selector }, { name: 'my-builder0', resource: 'deployments', selector: 'app=my-builder0,team=x' })
    assert.equal(plan({ options: { 'persistent-volume-claim.requests.storage': '1Gi' } }).resource, 'statefulsets')
  })
})
