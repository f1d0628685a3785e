import { isOlder, type QemuVersion } from './qemuVersion.ts'

/** What is known to go wrong under QEMU, told by what a step prints at its end. */
export interface KnownCrash {
  /** Stable; what tests and documents call it. */
  readonly id: string
  readonly pattern: RegExp
  /** Those of the platform that was emulated; absent, all. */
  readonly architectures?: readonly string[]
  /** Whether a program must have died of a signal; else the words alone tell. */
  readonly isCrash: boolean
  /** The first version without it; absent where none is known. */
  readonly mendedIn?: QemuVersion
  readonly what: string
  /** What to do, as an imperative; a newer QEMU is named beside it where `mendedIn` is known. */
  readonly remedy: string
  /** Where it is discussed. */
  readonly source: string
}

const BITS_32 = ['386', 'arm', 'mips', 'mipsle'] as const
const NATIVE = 'build it on a native builder, or cross-compile in a stage FROM --platform=$BUILDPLATFORM'

const DOTNET = '.NET is not supported under QEMU by those who make it'
const DOTNET_REMEDY = 'use an SDK image in a stage FROM --platform=$BUILDPLATFORM, with dotnet publish -a $TARGETARCH'

/** The closest first. */
export const KNOWN_CRASHES: readonly KnownCrash[] = [
  {
    id: 'libc-bin',
    pattern: /libc-bin package post-installation script subprocess returned error exit status 139|(?:Setting up|Processing triggers for) libc-bin.*\n(?:.*\n)?.*target signal 11|ldconfig.*Segmentation fault/,
    architectures: ['arm64', 'arm', 'riscv64', 'ppc64le', 's390x'],
    isCrash: true,
    what: 'ldconfig, a static program that QEMU loads over its own memory, crashed: libc-bin could not be configured',
    remedy: 'try QEMU 10 or newer, which mends most cases, a base image of a newer release (Debian 12, Ubuntu 24.04), or a native builder',
    source: 'https://github.com/tonistiigi/binfmt/issues/215',
  },
  {
    id: 'internal-sigsegv',
    pattern: /QEMU internal SIG(?:SEGV|BUS)/,
    isCrash: true,
    what: 'QEMU itself crashed, not the program that it ran',
    remedy: 'try another version of QEMU, newer or older; else use a native builder',
    source: 'https://github.com/tonistiigi/binfmt/issues/316',
  },
  {
    id: 'tcg-assertion',
    pattern: /tcg fatal error|ERROR:\S*(?:tcg|translate-all|cpu-exec|plugins)\S*:\d+:|qemu-\S+: \S*(?:tcg|translate-all|cpu-exec)\S*\.c:\d+:/,
    isCrash: false,
    what: 'an assertion of QEMU\'s translator failed: the emulator has a bug with an instruction of this program',
    remedy: 'try a newer QEMU; else use a native builder',
    source: 'https://gitlab.com/qemu-project/qemu/-/issues/1704',
  },
  {
    id: 'unsupported-syscall',
    pattern: /qemu: Unsupported syscall: \d+/,
    isCrash: false,
    what: 'the program wants a system call that this QEMU does not have',
    remedy: 'install a newer QEMU; else use a native builder',
    source: 'https://github.com/dotnet/coreclr/issues/12972',
  },
  {
    id: 'cpu-level',
    pattern: /Fatal glibc error: CPU (?:does not support|lacks) /,
    isCrash: false,
    what: 'the image is for newer processors than QEMU shows to it by default',
    remedy: 'put ENV QEMU_CPU=max in front of the step, install a newer QEMU, or take a base image for older processors',
    source: 'https://github.com/kubevirt/containerized-data-importer/issues/2652',
  },
  {
    id: 'large-inodes',
    pattern: /Value too large for defined data type|\bEOVERFLOW\b/,
    architectures: BITS_32,
    isCrash: false,
    what: 'a program of 32 bits was given numbers of files that need 64, as file systems of 64-bit machines have them',
    remedy: 'let it work in memory, such as RUN --mount=type=tmpfs,target=/root/.cargo …, or cross-compile in a stage FROM --platform=$BUILDPLATFORM',
    source: 'https://github.com/rust-lang/cargo/issues/8719',
  },
  {
    id: 'sudo',
    pattern: /effective uid is not 0, is \S+ on a file system with the 'nosuid' option/,
    isCrash: false,
    what: 'sudo got no rights: the machine has registered its emulator without the flag C',
    remedy: 'leave sudo out and use USER root, or register the emulator with the flags OCF (see pelago doctor)',
    source: 'https://github.com/podman-container-tools/podman/issues/20443',
  },
  {
    id: 'go-lfstack',
    pattern: /runtime: lfstack\.push invalid packing/,
    architectures: ['amd64'],
    isCrash: false,
    what: 'the memory of a Go program lies where its runtime does not expect it under QEMU',
    remedy: 'run Go in a stage FROM --platform=$BUILDPLATFORM, with GOOS=linux GOARCH=$TARGETARCH',
    source: 'https://github.com/golang/go/issues/69255',
  },
  {
    id: 'go',
    pattern: /^(?:fatal error: |runtime: |SIGSEGV: |SIGILL: |goroutine \d+ \[)|\/go\/(?:pkg|src)\/|: signal: (?:segmentation fault|illegal instruction)/m,
    isCrash: true,
    what: 'a Go program crashed',
    remedy: 'run Go in a stage FROM --platform=$BUILDPLATFORM, with GOOS=linux GOARCH=$TARGETARCH',
    source: 'https://github.com/golang/go/issues/69255',
  },
  {
    id: 'jvm',
    pattern: /A fatal error has been detected by the Java Runtime Environment|hs_err_pid\d+\.log|Port Library failed to initialize/,
    isCrash: false,
    what: 'the Java virtual machine crashed',
    remedy: 'build in a stage FROM --platform=$BUILDPLATFORM: jars are the same for all architectures',
    source: 'https://github.com/docker/for-mac/issues/7172',
  },
  {
    id: 'dotnet',
    pattern: /error MSB4018|(?:libcoreclr|libclrjit)\.so|Native Crash Reporting/,
    isCrash: false,
    what: DOTNET,
    remedy: DOTNET_REMEDY,
    source: 'https://github.com/dotnet/dotnet-docker/issues/5355',
  },
  {
    id: 'dotnet-crash',
    pattern: /\b(?:dotnet|MSBuild|NuGet)\b/,
    isCrash: true,
    what: DOTNET,
    remedy: DOTNET_REMEDY,
    source: 'https://github.com/dotnet/dotnet-docker/issues/5355',
  },
  {
    id: 'erlang',
    pattern: /erl_crash\.dump|beam\.smp|rebar3|\bmix (?:deps|compile|local|release)/,
    isCrash: true,
    mendedIn: [8, 1, 0],
    what: 'the compiler in Erlang\'s runtime writes code where QEMU does not notice it',
    remedy: 'put ENV ERL_FLAGS="+JPperf true" in front of the step',
    source: 'https://gitlab.com/qemu-project/qemu/-/issues/1034',
  },
  {
    id: 'node',
    pattern: /\b(?:npm|pnpm|yarn|npx|corepack|node-gyp)\b|node:internal\//,
    isCrash: true,
    what: 'Node.js crashed',
    remedy: 'install packages in a stage FROM --platform=$BUILDPLATFORM, with npm ci --os=linux --cpu=… for $TARGETARCH',
    source: 'https://github.com/tonistiigi/binfmt/issues/215',
  },
  {
    id: 'compiler',
    pattern: /internal compiler error: (?:Segmentation fault|Illegal instruction|Aborted)|(?:collect2|cc1plus|cc1|rustc|lto1)\b.*(?:Segmentation fault|signal 11|terminated)|signal: 11, SIGSEGV/,
    isCrash: true,
    what: 'a compiler crashed',
    remedy: `${NATIVE}; a newer QEMU helps in many cases`,
    source: 'https://github.com/tonistiigi/binfmt/issues/215',
  },
  {
    id: 'out-of-memory-32',
    pattern: /Out of memory allocating \d+ bytes/,
    architectures: BITS_32,
    isCrash: false,
    what: 'a program of 32 bits could not get memory from QEMU',
    remedy: 'try another version of QEMU; else use a native builder',
    source: 'https://github.com/tonistiigi/binfmt/issues/109',
  },
  {
    id: 'missing-syscall',
    pattern: /Function not implemented|\bENOSYS\b/,
    isCrash: false,
    what: 'the program may want what QEMU has no system call for, such as io_uring or libaio',
    remedy: 'switch that off in the program, install a newer QEMU, or use a native builder',
    source: 'https://github.com/multiarch/qemu-user-static/issues/114',
  },
]

export interface EmulatedFailure {
  /** The end of what was printed. */
  readonly output: string
  readonly architecture: string
  /** Whether a program died of a signal. */
  readonly hasCrashed: boolean
  /** Undefined where it is not known. */
  readonly version: QemuVersion | undefined
}

/** The first of the table that tells of this failure. */
export function findKnownCrash({ output, architecture, hasCrashed, version }: EmulatedFailure): KnownCrash | undefined {
  return KNOWN_CRASHES.find(
    ({ pattern, architectures, isCrash, mendedIn }) =>
      (hasCrashed || !isCrash) && (architectures?.includes(architecture) ?? true) && (mendedIn === undefined || version === undefined || isOlder(version, mendedIn)) && pattern.test(output),
  )
}
