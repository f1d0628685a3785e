import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { DEFAULT_HOST_CONFIG, readHostConfig } from './hostConfig.ts'
import { endpointCandidates } from './internal/endpoint.ts'

const parent = mkdtempSync(join(tmpdir(), 'pelago-hosts-'))
after(() => rmSync(parent, { recursive: true }))

describe('readHostConfig', () => {
  const cases = [
    { name: 'reads nothing where there is no file', config: undefined, insecure: [], mirrors: [] },
    { name: "reads a list of mirrors as Docker Hub's", config: { 'registry-mirrors': ['https://mirror'] }, insecure: [], mirrors: [['docker.io', ['https://mirror']]] },
    { name: 'reads mirrors by host', config: { 'registry-mirrors': { 'ghcr.io': ['a', 'b'] } }, insecure: [], mirrors: [['ghcr.io', ['a', 'b']]] },
    { name: 'reads insecure registries', config: { 'insecure-registries': ['lab:5000', '10.0.0.0/8'] }, insecure: ['lab:5000', '10.0.0.0/8'], mirrors: [] },
  ]
  for (const { name, config, insecure, mirrors } of cases) {
    it(name, async () => {
      const read = await readHostConfig({ XDG_CONFIG_HOME: writeConfig(config) })
      assert.deepEqual({ insecure: [...read.insecure], mirrors: [...read.mirrors] }, { insecure, mirrors })
    })
  }

  it('adds what the environment allows', async () => {
    const { insecure } = await readHostConfig({ XDG_CONFIG_HOME: writeConfig({ 'insecure-registries': ['a'] }), PELAGO_INSECURE_REGISTRIES: 'b:5000,c' })
    assert.deepEqual([...insecure], ['a', 'b:5000', 'c'])
  })

  for (const config of [{ 'insecure-registries': 'lab' }, { 'registry-mirrors': { 'ghcr.io': 'a' } }, { 'registry-mirrors': 'a' }]) {
    it(`refuses ${JSON.stringify(config)}`, async () => {
      await assert.rejects(readHostConfig({ XDG_CONFIG_HOME: writeConfig(config) }), { name: 'InvalidValueError' })
    })
  }
})

describe('endpointCandidates', () => {
  const insecure = new Set(['lab:5000', 'lab.example', '10.0.0.0/8', 'fd00::/8'])
  const cases = [
    { written: 'ghcr.io', want: ['https://ghcr.io/v2/'] },
    { written: 'docker.io', want: ['https://registry-1.docker.io/v2/'] },
    { written: 'localhost:5000', want: ['http://localhost:5000/v2/', 'https://localhost:5000/v2/'] },
    { written: '127.0.0.1:5000', want: ['http://127.0.0.1:5000/v2/', 'https://127.0.0.1:5000/v2/'] },
    { written: '[::1]:5000', want: ['http://[::1]:5000/v2/', 'https://[::1]:5000/v2/'] },
    { written: 'localhost.example', want: ['https://localhost.example/v2/'] },
    { written: 'lab:5000', want: ['https://lab:5000/v2/ unverified', 'http://lab:5000/v2/'] },
    { written: 'lab:5001', want: ['https://lab:5001/v2/'] },
    { written: 'lab.example:1', want: ['https://lab.example:1/v2/ unverified', 'http://lab.example:1/v2/'] },
    { written: '10.1.2.3:5000', want: ['https://10.1.2.3:5000/v2/ unverified', 'http://10.1.2.3:5000/v2/'] },
    { written: '11.1.2.3:5000', want: ['https://11.1.2.3:5000/v2/'] },
    { written: '[fd00::1]:5000', want: ['https://[fd00::1]:5000/v2/ unverified', 'http://[fd00::1]:5000/v2/'] },
    { written: 'http://mirror:5000', want: ['http://mirror:5000/v2/'] },
    { written: 'https://mirror/hub/', want: ['https://mirror/hub/v2/'] },
  ]
  for (const { written, want } of cases) {
    it(`reaches ${written} by ${want.join(', then ')}`, async () => {
      const candidates = await endpointCandidates(written, { ...DEFAULT_HOST_CONFIG, insecure })
      assert.deepEqual(candidates.map(({ base, tls }) => `${base.href}${base.protocol === 'https:' && !tls.isVerified ? ' unverified' : ''}`), want)
    })
  }

  it('takes authorities and client pairs from the folder of the host alone', async () => {
    const folder = mkdtempSync(join(parent, 'certs-'))
    mkdirSync(join(folder, 'lab:5000'))
    for (const [name, text] of [['ca.crt', 'CA'], ['client.cert', 'CERTIFICATE'], ['client.key', 'KEY'], ['notes.txt', '']] as const) writeFileSync(join(folder, 'lab:5000', name), text)
    const config = { ...DEFAULT_HOST_CONFIG, certFolders: [join(folder, 'absent'), folder] }
    const [lab] = await endpointCandidates('lab:5000', config)
    assert.deepEqual(lab?.tls, { authorities: ['CA'], clientCertificate: { certificate: 'CERTIFICATE', key: 'KEY' }, isVerified: true })
    const [other] = await endpointCandidates('lab:5001', config)
    assert.deepEqual(other?.tls.authorities, [])
  })

  it('refuses a client certificate without its key', async () => {
    const folder = mkdtempSync(join(parent, 'certs-'))
    mkdirSync(join(folder, 'lab'))
    writeFileSync(join(folder, 'lab', 'client.cert'), 'CERTIFICATE')
    await assert.rejects(endpointCandidates('lab', { ...DEFAULT_HOST_CONFIG, certFolders: [folder] }), { name: 'InvalidValueError', message: /cannot read .*client\.key/ })
  })
})

function writeConfig(config: object | undefined): string {
  const home = mkdtempSync(join(parent, 'config-'))
  mkdirSync(join(home, 'pelago'))
  if (config !== undefined) writeFileSync(join(home, 'pelago', 'config.json'), JSON.stringify(config))
  return home
}
