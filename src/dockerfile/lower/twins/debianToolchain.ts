import { DEFAULT_PATH } from '../../../ground/oci/defaultPath.ts'
import type { GraphBuilder } from '../../../graph/graphBuilder.ts'
import type { BindMount, ExecOp, Output } from '../../../graph/vertex.ts'
import { proxyEnvironment } from '../globalScope.ts'
import type { LowerRequest } from '../request.ts'

/*
 * Cross compilers out of the distribution's own packages, in two native steps on the base image. The first one writes
 * down which compilers a root for the target has, in which versions; the second one installs just these. It is found in
 * the cache by what the first one wrote, so all steps and stages that have the same compilers share it, and another
 * version of a compiler is another toolchain.
 */

export interface DebianToolchain {
  readonly root: Output
  readonly architecture: string
  readonly base: Output
}

/** Undefined for a target whose compilers get no twins (src/executor/emulation/twins/toolchain/gccPrograms.ts). */
export function addDebianToolchain({ root, architecture, base }: DebianToolchain, request: LowerRequest, graph: GraphBuilder): Output | undefined {
  const triplet = TRIPLETS.get(architecture)
  if (triplet === undefined) return undefined
  const note = (name: string) => ({ name: `[internal] ${name}`, ignoreCache: false, isCacheExported: false, span: undefined }) as const
  const find: ExecOp = { ...process(FIND, triplet, request), network: 'none', mounts: [rootMount(false), { ...mount(1, TARGET), readonly: true }, { ...mount(undefined, WANTED), isOutput: true }] }
  const wanted = graph.add({ op: find, inputs: [base, root], platform: request.buildPlatform }, note(`find the compilers for ${architecture}`))
  const get: ExecOp = { ...process(GET, triplet, request), validExitCodes: [...VALID_EXIT_CODES, FETCH_FAILED], makeshift: { exitCode: FETCH_FAILED, warning: `cross compilers for ${architecture} could not be fetched, so compilers are emulated` }, mounts: [rootMount(true), { ...mount(1, WANTED), readonly: true }] }
  return graph.add({ op: get, inputs: [base, wanted], platform: request.buildPlatform }, note(`get cross compilers for ${architecture}`))
}

/** As packages are named. */
const TRIPLETS: ReadonlyMap<string, string> = new Map([['arm64', 'aarch64-linux-gnu'], ['riscv64', 'riscv64-linux-gnu'], ['arm', 'arm-linux-gnueabihf']])

const TARGET = '/run/pelago/target'
const WANTED = '/run/pelago/wanted'

/** Without a shell there are no packages of Debian's either. */
const VALID_EXIT_CODES = [0, 127]
/** sysexits.h, EX_TEMPFAIL */
const FETCH_FAILED = 75

function process(script: string, triplet: string, { buildArgs, networkMode, hostname, extraHosts }: LowerRequest): Omit<ExecOp, 'mounts'> {
  return {
    kind: 'exec', argv: ['/bin/sh', '-c', script, 'sh', triplet], env: [`PATH=${DEFAULT_PATH}`, 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'], cwd: '/', user: '', proxyEnv: proxyEnvironment(buildArgs),
    network: networkMode, security: 'sandbox', hostname, extraHosts, ulimits: [], shmSizeBytes: 0, cgroupParent: '', validExitCodes: VALID_EXIT_CODES,
  }
}

function rootMount(isOutput: boolean): BindMount {
  return { ...mount(0, '/'), isOutput }
}

function mount(input: number | undefined, target: string): BindMount {
  return { kind: 'bind', input, selector: '', target, readonly: false, isOutput: false }
}

/** Writes lines of the cross compiler's package and the version of the compiler that is there. Those of LLVM and rustc are packages of the same names: they have all targets. */
const FIND = `
status=${TARGET}/var/lib/dpkg/status
[ -f "$status" ] && [ ! -L "$status" ] || exit 0
awk -v triplet="$1" '
  /^Package:/ { name = $2; installed = 0 }
  /^Status:/ { installed = $NF == "installed" }
  /^Version:/ && installed && name ~ /^(gcc|g\\+\\+)-[0-9]+$/ { print name "-" triplet, $2 }
  /^Version:/ && installed && (name == "binutils-" triplet || name ~ /^(clang|lld)-[0-9]+$|^llvm-[0-9]+-linker-tools$|^rustc$|^libstd-rust-[0-9.]+$/) { print name, $2 }
' "$status" | sort > ${WANTED}/packages
`

/**
 * Installs them where the distribution has them in the same version, without the libraries for the target, which are the
 * step's own. Of a version that it does not have, what it has is written down. Where it fails, its last line is the first error.
 */
const GET = `
[ -s ${WANTED}/packages ] && command -v apt-get >/dev/null || exit 0
set -e
mkdir -p /run/pelago-toolchain /usr/share/pelago
errors=/run/pelago-toolchain/errors
exec 2> "$errors"
trap '[ $? = 0 ] || { cat "$errors"; sed -n "s/^E: *//p" "$errors" | head -n 1; echo failed > /usr/share/pelago/toolchain; exit ${FETCH_FAILED}; }' EXIT
apt-get -qq -o APT::Update::Error-Mode=any update
has= gets=
while read -r package version; do
  offered=$(apt-cache show --no-all-versions "$package" 2>/dev/null | sed -n 's/^Version: //p')
  number=$(echo "$package" | tr -cd 0-9)
  case $package:$offered in
    clang-*:"$version") has="$has libclang-cpp$number=$offered libllvm$number=$offered"; gets="$gets $package=$offered" ;;
    lld-*:"$version" | llvm-*:"$version") has="$has libllvm$number=$offered"; gets="$gets $package=$offered" ;;
    libstd-rust-*:"$version") has="$has $package=$offered" ;;
    rustc:"$version") gets="$gets $package=$offered" ;;
    binutils-*:"$version" | binutils-*:"\${version%+b*}") has="$has $package=$offered" ;;
    g++-*:"\${version%+b*}" | g++-*:"\${version%+b*}cross"*) gets="$gets $package=$offered" ;;
    gcc-*:"\${version%+b*}" | gcc-*:"\${version%+b*}cross"*) has="$has cpp-\${package#gcc-}=$offered"; gets="$gets $package=$offered" ;;
    *) printf '%s %s %s\n' "$package" "$version" "\${offered:-none}" >> /usr/share/pelago/toolchain ;;
  esac
done < ${WANTED}/packages
[ -z "$has" ] || apt-get -qq install -y --no-install-recommends $has
cd /run/pelago-toolchain
for package in $gets; do apt-get -qq -o APT::Sandbox::User=root download "$package"; done
[ -z "$gets" ] || dpkg --force-depends -i ./*.deb
cd /
rm -rf /run/pelago-toolchain /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/cache/apt/*.bin
`
