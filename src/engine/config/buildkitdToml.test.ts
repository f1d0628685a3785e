import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidValueError } from '../../ground/errors.ts'
import { parseBuildkitdToml } from './buildkitdToml.ts'
import { defaultGcPolicies } from './gcPolicy.ts'

const parse = (text: string): ReturnType<typeof parseBuildkitdToml> => parseBuildkitdToml(text, '/etc/x.toml')

const WHOLE = `
debug = true
trace = true
root = "/srv/cache"
insecure-entitlements = ["network.host"]
[grpc]
  address = ["tcp://0.0.0.0:1234", "unix:///run/x.sock"]
  gid = 12
  debugAddress = "0.0.0.0:6060"
  [grpc.tls]
    cert = "c.pem"
    key = "k.pem"
    ca = "ca.pem"
[worker.oci]
  platforms = ["linux/amd64", "linux/arm64"]
  max-parallelism = 4
  gckeepstorage = "9GB"
  maxUsedSpace = "60%"
  networkMode = "host"
  snapshotter = "auto"
  [worker.oci.labels]
    "team" = "blue"
  [[worker.oci.gcpolicy]]
    keepBytes = 512000000
    keepDuration = "48h"
    filters = ["type==source.local"]
  [[worker.oci.gcpolicy]]
    all = true
    keepDuration = 172800
    minFreeSpace = "10%"
[worker.containerd]
  enabled = false
  namespace = "buildkit"
[registry."docker.io"]
  mirrors = ["mirror.local:5000", "hub.example.com/proxy"]
  http = true
  ca = ["/certs/ca.pem"]
  [[registry."docker.io".keypair]]
    key = "/certs/key.pem"
    cert = "/certs/cert.pem"
[dns]
  nameservers = ["1.1.1.1"]
  searchDomains = ["example.com"]
[history]
  maxAge = 172800
  maxEntries = 50
[cdi]
  disabled = true
[frontend."gateway.v0"]
  enabled = true
  allowedRepositories = ["me/frontend", "example.com/site"]
`

describe('parseBuildkitdToml', () => {
  it('reads what operators of BuildKit write', () => {
    const { warnings, ...file } = parse(WHOLE)
    assert.deepEqual(warnings.map((warning) => warning.replace(/:.*/, '')), ['trace changes nothing here', 'grpc.debugAddress changes nothing here', 'worker.oci.snapshotter changes nothing here'])
    assert.equal(file.root, '/srv/cache')
    assert.deepEqual(file.addresses, ['tcp://0.0.0.0:1234', 'unix:///run/x.sock'])
    assert.deepEqual(file.tls, { certificate: 'c.pem', key: 'k.pem', authorities: 'ca.pem' })
    assert.equal(file.groupId, 12)
    assert.equal(file.maxParallelism, 4)
    assert.deepEqual([...file.labels], [['team', 'blue']])
    assert.deepEqual(file.gc.bounds, { reservedSpace: { kind: 'bytes', sizeBytes: 9 * 1024 ** 3 }, maxUsedSpace: { kind: 'percent', percent: 60 }, minFreeSpace: undefined })
    assert.deepEqual(file.gc.policies.map(({ all, keepMs, filters }) => ({ all, keepMs, filters })), [{ all: false, keepMs: 172_800_000, filters: ['type==source.local'] }, { all: true, keepMs: 172_800_000, filters: [] }])
    assert.deepEqual(file.registries.get('docker.io'), { mirrors: ['mirror.local:5000', 'hub.example.com/proxy'], isInsecure: true, authorities: ['/certs/ca.pem'], clientPair: { certificate: '/certs/cert.pem', key: '/certs/key.pem' }, certFolders: [] })
    assert.deepEqual(file.dns, { nameservers: ['1.1.1.1'], options: [], searchDomains: ['example.com'] })
    assert.deepEqual(file.history, { maxAgeMs: 172_800_000, maxEntries: 50 })
    assert.deepEqual(file.cdiFolders, [])
    assert.deepEqual(file.frontendRepositories, ['docker.io/me/frontend', 'example.com/site'])
  })

  it('has no frontends of images run where that is off', () => {
    assert.deepEqual(parse('[frontend."gateway.v0"]\nenabled = false\n').frontendRepositories, [])
    assert.equal(parse('').frontendRepositories, undefined)
  })

  it('takes an empty file for none', () => assert.deepEqual(parse('').addresses, []))

  const mistakes = [
    { name: 'what is no TOML, with its place', text: 'root = "/x"\ndebug = yes\n', says: { message: /^\/etc\/x\.toml:2:\d+: / } },
    { name: 'a key that there is not, with the nearest', text: '[worker.oci]\nplatfroms = []\n', says: { message: 'unknown key: worker.oci.platfroms', hint: 'did you mean "platforms"?' } },
    { name: 'a section that there is not', text: '[regsitry]\n', says: { message: 'unknown key: regsitry', hint: 'did you mean "registry"?' } },
    { name: 'a key of a registry that there is not', text: '[registry."x"]\ninsecur = true\n', says: { message: 'unknown key: registry.x.insecur', hint: 'did you mean "insecure"?' } },
    { name: 'a key of a rule that there is not', text: '[[worker.oci.gcpolicy]]\nkeep = 1\n', says: { message: 'unknown key: worker.oci.gcpolicy[0].keep' } },
    { name: 'a network that steps would not have', text: '[worker.oci]\nnetworkMode = "none"\n', says: { message: 'worker.oci.networkMode = "none" cannot be obeyed' } },
    { name: 'a profile that steps would not have', text: '[worker.oci]\napparmor-profile = "x"\n', says: { message: 'worker.oci.apparmor-profile cannot be obeyed' } },
    { name: 'a worker that is not there', text: '[worker.containerd]\nenabled = true\n', says: { message: 'worker.containerd cannot be obeyed' } },
    { name: 'a value of another kind', text: 'insecure-entitlements = "network.host"\n', says: { message: /insecure-entitlements is not a list/ } },
    { name: 'a text where a table is to be', text: 'grpc = "x"\n', says: { message: 'grpc is not a table' } },
    { name: 'a space that is none', text: '[worker.oci]\nminFreeSpace = "lots"\n', says: { message: /^worker\.oci\.minFreeSpace is no disk space: "lots"/ } },
    { name: 'a number of steps that is none', text: '[worker.oci]\nmax-parallelism = -1\n', says: { message: /max-parallelism is not a whole number/ } },
  ]
  for (const { name, text, says } of mistakes) {
    it(`refuses ${name}`, () => assert.throws(() => parse(text), (error) => {
      assert.ok(error instanceof InvalidValueError)
      assert.throws(() => { throw error }, says)
      return true
    }))
  }
})

describe('defaultGcPolicies', () => {
  const disk = { totalBytes: 1000e9, freeBytes: 0 }
  const none = { reservedSpace: undefined, maxUsedSpace: undefined, minFreeSpace: undefined }
  it('are Docker’s for the disk', () => assert.deepEqual(defaultGcPolicies(none, disk)[2], { all: false, filters: [], keepMs: 0, reservedSpace: { kind: 'bytes', sizeBytes: 10e9 }, maxUsedSpace: { kind: 'bytes', sizeBytes: 100e9 }, minFreeSpace: { kind: 'percent', percent: 20 } }))
  it('have the bounds that an operator gives, and no others', () => assert.deepEqual(defaultGcPolicies({ ...none, maxUsedSpace: { kind: 'bytes', sizeBytes: 5 } }, disk)[2], { all: false, filters: [], keepMs: 0, ...none, maxUsedSpace: { kind: 'bytes', sizeBytes: 5 } }))
})
