import type { TwinCall } from '../setting/twinTable.ts'

/*
 * clang has every target in it, so the same package in the same version is a cross compiler, driver and all. It runs as a
 * whole: its driver compiles in its own process. What it takes from where it runs is told it: in front of its arguments the
 * target that it makes code for by itself, and as argv[0] its path, which it would else ask the kernel for, and from which
 * it knows its folders, its mode and what to call itself. What it would tell of itself or of this machine is refused here,
 * and emulated.
 */

/** What stands in front of the arguments of calls of one kind. */
export interface ClangCall {
  readonly call: TwinCall
  /** In clang's folder. */
  readonly name: string
  readonly front: readonly string[]
}

/** Of the driver and of the compiler proper. */
const REFUSED = ['-fplugin', '-fpass-plugin', '-load', '-fmodule', '-fprebuilt-module', '-fimplicit-module', '-fcxx-modules', '-emit-pch', '-emit-module', '-fprofile', '-fcoverage', '-fcs-profile', '--coverage', '-ftest-coverage', '-ftime-report', '-ftime-trace', '-print-stats', '-fsanitize', '-fxray', '--offload', '-fopenmp-targets', '-foffload', '--cuda', '-xcuda', '-xhip', '--hip']

/** Of the driver, besides: what it says of itself, what it writes of its command line, processors by what this machine is, and all by which it would be another program. */
const REFUSED_OF_DRIVER = [
  '-v', '-V', '-###', '--version', '--verbose', '--help', '-help', '-print', '--print', '-dump', '-ccc-', '-canonical-prefixes', '-no-canonical-prefixes', '--driver-mode', '--config', '-MJ', '-save-stats', '--gen-reproducer', '-gen-', '-gcdb', '-grecord', '-frecord', '-fcrash', '-mcpu=native', '-march=native', '-mtune=native', '-fno-integrated-cc1', '-Wp,-v', 'c-header', 'c++-header', '-xc-header', '-xc++-header',
  'CCC_', 'CC_PRINT', 'CC_LOG', 'COMPILER_PATH=', 'CLANG_',
]

/** The compiler proper, where the driver has started it as a process of its own: its arguments say all. */
const OWN_PROCESS: ClangCall = { call: { first: ['-cc1'], refused: REFUSED }, name: 'clang', front: [] }

/** In the order in which a call is looked up. By names that are not in its folder (`clang++-19`, `cc`) it is emulated: it would call itself otherwise in what it says. */
export function clangCalls(version: string, llvmTriple: string): readonly ClangCall[] {
  const driver = (name: string): ClangCall => ({ call: { names: [name], refused: [...REFUSED, ...REFUSED_OF_DRIVER] }, name, front: ['-no-canonical-prefixes', `--target=${llvmTriple}`] })
  return [OWN_PROCESS, ...['clang++', `clang-${version}`, 'clang'].map(driver)]
}

/** lld is told by its name which linker it is; by others than these it is none for Linux. */
export function linkerCall(version: string): TwinCall {
  return { names: ['ld.lld', `ld.lld-${version}`], refused: ['--version', '-v', '-V', '--help', '-flavor', '--time-trace', '--load-pass-plugin', '-load', '--reproduce'] }
}
