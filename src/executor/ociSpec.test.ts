import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePlatform } from '../ground/platform.ts'
import type { ProcessSpec } from './executor.ts'
import { buildOciSpec, type OciSpec, type Prepared, type Surroundings } from './ociSpec.ts'

describe('the runtime’s spec of a process', () => {
  it('has BuildKit’s capabilities in the sandbox, and a filter', () => {
    const { process, linux } = build({})
    assert.deepEqual(process.capabilities.effective.map((name) => name.slice(4)).join(' '), 'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT')
    assert.deepEqual(linux.seccomp?.architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'])
    assert.ok(linux.maskedPaths.includes('/proc/kcore'))
  })
  it('has every capability that the kernel knows without a sandbox, and neither filter nor masks', () => {
    const { process, linux, annotations } = build({ spec: { security: 'insecure' }, prepared: { seccompFilter: 'AAAA' } })
    assert.equal(process.capabilities.bounding.length, 41)
    assert.equal(process.capabilities.bounding.at(-1), 'CAP_CHECKPOINT_RESTORE')
    assert.deepEqual([linux.seccomp, linux.maskedPaths, linux.readonlyPaths, annotations], [undefined, [], [], {}])
  })
  it('hands the compiled filter on', () => assert.deepEqual(build({ prepared: { seccompFilter: 'AAAA' } }).annotations, { 'run.oci.seccomp_bpf_data': 'AAAA' }))

  const personalities: readonly (readonly [platform: string, mode: Prepared['mode'], expected: string | undefined])[] = [
    ['linux/amd64', { kind: 'native' }, undefined],
    ['linux/386', { kind: 'native' }, 'LINUX32'],
    ['linux/arm/v7', { kind: 'emulated', emulator: 'qemu-arm' }, undefined],
  ]
  for (const [text, mode, expected] of personalities) {
    it(`${text}, ${mode.kind}, has the personality ${expected ?? 'of the machine'}`, () => {
      const { linux } = build({ spec: { platform: parsePlatform(text) }, prepared: { mode } })
      assert.equal(linux.personality?.domain, expected)
    })
  }

  it('has a network of its own only where it is to have none', () => {
    const networks = (['default', 'host', 'none'] as const).map((network) => build({ spec: { network } }).linux.namespaces.some(({ type }) => type === 'network'))
    assert.deepEqual(networks, [false, false, true])
  })
  it('shares /proc where no other can be had', () => {
    assert.equal(mountAt(build({ surroundings: { hasOwnProc: false } }), '/proc')?.type, 'bind')
    assert.equal(mountAt(build({}), '/proc')?.type, 'proc')
  })
  it('leaves the group of terminals out where there is one id only', () => {
    assert.ok(mountAt(build({}), '/dev/pts')?.options.includes('gid=5'))
    assert.ok(!mountAt(build({ surroundings: { hasIdRange: false } }), '/dev/pts')?.options.includes('gid=5'))
  })
  it('has writable /sys, all of /proc and more devices without the sandbox only', () => {
    const [sandbox, insecure] = (['sandbox', 'insecure'] as const).map((security) => build({ spec: { security } }))
    assert.deepEqual([sandbox, insecure].map((spec) => spec && [mountAt(spec, '/sys')?.options.includes('ro'), mountAt(spec, '/dev/fuse') !== undefined, spec.linux.maskedPaths.length > 0, spec.linux.readonlyPaths.length > 0]), [[true, false, true, true], [false, true, false, false]])
  })
  it('has the step’s own mounts last', () => {
    const own = { destination: '/etc', type: 'bind', source: '/s1', options: ['rbind'] }
    assert.deepEqual(build({ prepared: { stepMounts: [own] } }).mounts.at(-1), own)
  })
  it('gives /dev/shm 64 MiB where nothing is asked for', () => assert.ok(mountAt(build({}), '/dev/shm')?.options.includes('size=67108864')))
})

interface Change {
  readonly spec?: Partial<ProcessSpec>
  readonly prepared?: Partial<Prepared>
  readonly surroundings?: Partial<Surroundings>
}

function build({ spec, prepared, surroundings }: Change): OciSpec {
  const amd64 = parsePlatform('linux/amd64')
  return buildOciSpec(
    {
      platform: amd64, argv: ['/bin/true'], env: [], secretEnv: [], cwd: '/', user: '', rootfs: '/root-of-it', isRootReadonly: false, mounts: [], network: 'default',
      security: 'sandbox', hostname: '', extraHosts: [], ulimits: [], shmSizeBytes: 0, cgroupParent: '', twins: undefined, ...spec,
    },
    { user: { uid: 0, gid: 0, additionalGids: [0] }, mode: { kind: 'native' }, stepMounts: [], twinMounts: [], rlimits: [], terminal: undefined, hostsPath: '/h', resolvConfPath: '/r', seccompFilter: undefined, ...prepared },
    { native: amd64, hasIdRange: true, hasOwnProc: true, privilegedDevices: ['/dev/fuse'], lastCapability: 40, ...surroundings },
  )
}

function mountAt({ mounts }: OciSpec, destination: string): OciSpec['mounts'][number] | undefined {
  return mounts.find((mount) => mount.destination === destination)
}
