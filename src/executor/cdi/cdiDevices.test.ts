import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createCdiDevices, DeviceUnusableError } from './cdiDevices.ts'

const folder = mkdtempSync(join(tmpdir(), 'pelago-cdi-'))
after(() => rmSync(folder, { recursive: true }))
const spec = (kind: string, devices: readonly unknown[], containerEdits: unknown): string => JSON.stringify({ cdiVersion: '0.6.0', kind, devices, containerEdits })
writeFileSync(
  join(folder, 'a.json'),
  spec(
    'acme.com/gpu',
    [
      { name: '0', containerEdits: { env: ['GPU=0'], deviceNodes: [{ path: '/dev/gpu0', hostPath: '/dev/null' }], mounts: [{ hostPath: folder, containerPath: '/lib/gpu', options: ['ro', 'bind'] }] } },
      { name: 'gone', containerEdits: { deviceNodes: [{ path: '/dev/no-such-gpu' }] } },
      { name: 'hooked', containerEdits: { hooks: [{ hookName: 'createContainer', path: '/bin/true' }] } },
    ],
    { env: ['ALL=1'] },
  ),
)
writeFileSync(join(folder, 'b.yaml'), 'cdiVersion: 0.6.0\nkind: "nvidia.com/gpu"\ndevices: []\n')
const devices = createCdiDevices([folder, join(folder, 'none')])

describe('the devices of CDI', () => {
  it('have the edits of their own and of their spec', () => {
    assert.deepEqual(devices.find('acme.com/gpu=0'), {
      env: ['ALL=1', 'GPU=0'],
      mounts: [{ kind: 'bind', source: '/dev/null', target: '/dev/gpu0', readonly: false }, { kind: 'bind', source: folder, target: '/lib/gpu', readonly: true }],
    })
  })
  it('are the first one, or all, where no name is given', () => {
    assert.deepEqual(devices.find('acme.com/gpu'), devices.find('acme.com/gpu=0'))
    assert.throws(() => devices.find('acme.com/gpu=*'), /needs hooks/)
  })
  for (const name of ['acme.com/gpu=1', 'acme.com/tpu=0', 'other.com/gpu=0', '']) it(`are not ${JSON.stringify(name)}`, () => assert.equal(devices.find(name), undefined))
  const unusable: readonly (readonly [name: string, message: RegExp])[] = [
    ['acme.com/gpu=gone', /needs \/dev\/no-such-gpu, which is not there/],
    ['acme.com/gpu=hooked', /needs hooks/],
    ['nvidia.com/gpu=0', /b\.yaml is in YAML, which is not read yet/],
  ]
  for (const [name, message] of unusable) it(`that cannot be given are told: ${name}`, () => assert.throws(() => devices.find(name), (error) => error instanceof DeviceUnusableError && message.test(error.message)))
})
