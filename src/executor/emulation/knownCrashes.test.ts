import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findKnownCrash, KNOWN_CRASHES } from './knownCrashes.ts'
import { isOlder, parseQemuVersion, type QemuVersion } from './qemuVersion.ts'

const UNCAUGHT = 'qemu: uncaught target signal 11 (Segmentation fault) - core dumped\nSegmentation fault (core dumped)\n'

interface Case {
  readonly name: string
  readonly output: string
  readonly architecture?: string
  readonly hasCrashed?: boolean
  readonly version?: QemuVersion
  readonly want: string | undefined
}

const CASES: readonly Case[] = [
  { name: 'libc-bin, as dpkg tells it', output: `Processing triggers for libc-bin (2.31-13+deb11u3) ...\n${UNCAUGHT}dpkg: error processing package libc-bin (--configure):\n installed libc-bin package post-installation script subprocess returned error exit status 139\n`, want: 'libc-bin' },
  { name: 'a crash right after libc-bin', output: `Setting up libc-bin (2.35-0ubuntu3.9) ...\n${UNCAUGHT}`, want: 'libc-bin' },
  { name: 'QEMU itself', output: 'Setting up systemd (260.1-1) ...\nqemu-aarch64: QEMU internal SIGSEGV {code=128, addr=0}\nSegmentation fault (core dumped)\n', want: 'internal-sigsegv' },
  { name: 'an assertion of GLib', output: 'Bail out! ERROR:../accel/tcg/cpu-exec.c:532:cpu_exec_longjmp_cleanup: assertion failed: (cpu == current_cpu)\n', hasCrashed: false, want: 'tcg-assertion' },
  { name: 'an assertion of an older QEMU', output: "qemu-arm-static: /build/qemu-2.8+dfsg/translate-all.c:175: tb_lock: Assertion `!have_tb_lock' failed.\n", architecture: 'arm', want: 'tcg-assertion' },
  { name: 'a system call', output: 'qemu: Unsupported syscall: 389\n', architecture: 'arm', hasCrashed: false, want: 'unsupported-syscall' },
  { name: 'a processor that is too old', output: 'Fatal glibc error: CPU lacks VXE support (z14 or later required)\n', architecture: 's390x', hasCrashed: false, want: 'cpu-level' },
  { name: 'numbers of files that need 64 bits', output: "could not read directory '/root/.cargo/registry/index/x/.git//refs': Value too large for defined data type; class=Os (2)\n", architecture: 'arm', hasCrashed: false, want: 'large-inodes' },
  { name: 'nobody, of the same in 64 bits', output: 'Value too large for defined data type\n', hasCrashed: false, want: undefined },
  { name: 'sudo', output: "sudo: effective uid is not 0, is /usr/bin/sudo on a file system with the 'nosuid' option set or an NFS file system without root privileges?\n", hasCrashed: false, want: 'sudo' },
  { name: 'a Go runtime that is confused', output: 'runtime: lfstack.push invalid packing: node=0xffff\nfatal error: lfstack.push\n', architecture: 'amd64', hasCrashed: false, want: 'go-lfstack' },
  { name: 'Go', output: `fatal error: unexpected signal during runtime execution\ngoroutine 1 [running]:\n${UNCAUGHT}`, want: 'go' },
  { name: 'nobody, of a Go program that panics', output: 'goroutine 1 [running]:\nmain.main()\n', hasCrashed: false, want: undefined },
  { name: 'Java', output: '#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x0000000000005e30\n', hasCrashed: false, want: 'jvm' },
  { name: '.NET', output: '/usr/share/dotnet/sdk/9.0.100/NuGet.targets(1324,5): error MSB4018: The "MSBuild" task failed unexpectedly.\n', hasCrashed: false, want: 'dotnet' },
  { name: '.NET that crashes', output: `  Determining projects to restore...\n${UNCAUGHT}error: dotnet restore\n`, want: 'dotnet-crash' },
  { name: 'nobody, of .NET that fails', output: 'error CS1002: ; expected\nThe command dotnet build failed\n', hasCrashed: false, want: undefined },
  { name: 'Node', output: `npm warn deprecated x\nqemu: uncaught target signal 4 (Illegal instruction) - core dumped\n`, want: 'node' },
  { name: 'nobody, of npm that fails', output: 'npm error 404 Not Found\n', hasCrashed: false, want: undefined },
  { name: 'Erlang before QEMU 8.1', output: `==> mix deps.get\n${UNCAUGHT}`, version: [7, 2, 22], want: 'erlang' },
  { name: 'nobody, of Erlang after it', output: `==> mix deps.get\n${UNCAUGHT}`, version: [8, 1, 0], want: undefined },
  { name: 'a compiler', output: `gcc: internal compiler error: Segmentation fault signal terminated program cc1\n${UNCAUGHT}`, want: 'compiler' },
  { name: 'memory of 32 bits', output: 'Out of memory allocating 57600 bytes!\n', architecture: 'arm', hasCrashed: false, want: 'out-of-memory-32' },
  { name: 'a system call that is missing', output: 'io_queue_init: Function not implemented\n', hasCrashed: false, want: 'missing-syscall' },
  { name: 'nobody, of another crash', output: UNCAUGHT, want: undefined },
  { name: 'nobody, of nothing', output: '', hasCrashed: false, want: undefined },
]

describe('what is known of QEMU', () => {
  for (const { name, output, architecture = 'arm64', hasCrashed = true, version, want } of CASES) {
    it(`recognises ${name}`, () => assert.equal(findKnownCrash({ output, architecture, hasCrashed, version })?.id, want))
  }
  it('has each id once, and a case for each', () => {
    const ids = KNOWN_CRASHES.map(({ id }) => id)
    assert.deepEqual(ids.toSorted(), [...new Set(CASES.flatMap(({ want }) => want ?? []))].toSorted())
    assert.equal(new Set(ids).size, ids.length)
  })
})

describe('versions of QEMU', () => {
  for (const [text, want] of [['7.2.22', [7, 2, 22]], ['11.0-rc1', [11, 0, 0]], ['hello', undefined]] as const) {
    it(`are read of ${JSON.stringify(text)}`, () => assert.deepEqual(parseQemuVersion(text), want))
  }
  for (const [a, b, want] of [[[7, 2, 22], [8, 1, 0], true], [[8, 1, 0], [8, 1, 0], false], [[10, 0, 0], [9, 2, 2], false], [[9, 2, 1], [9, 2, 2], true]] as const) {
    it(`are compared: ${a.join('.')} and ${b.join('.')}`, () => assert.equal(isOlder(a, b), want))
  }
})
