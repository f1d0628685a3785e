import { elfIdentityOf } from '../../archive/elf/elfMachine.ts'

/** What binfmt_misc and QEMU need to know of an architecture. */
export interface EmulatedArchitecture {
  /** As in a `Platform`. */
  readonly architecture: string
  /** Variants listed beside the baseline. QEMU runs all of them. */
  readonly variants: readonly string[]
  /** QEMU's name: the program is `qemu-NAME` or `qemu-NAME-static`. */
  readonly qemuName: string
  /** The first 20 bytes of an executable, in hex. */
  readonly magic: string
  readonly mask: string
}

/*
 * An executable is told by its ELF header (gabi, "ELF Header"): class, byte order, version, and after the padding
 * e_type and e_machine. The type is executable (2) or shared (3), so its lowest bit is masked out. The OS ABI is masked
 * out, too, where GNU's (3) is used as well as System V's (0).
 */
const CLASS = { 32: '01', 64: '02' } as const
const BYTE_ORDER = { little: '01', big: '02' } as const

function describe(architecture: string, qemuName: string, variants: readonly string[] = []): EmulatedArchitecture {
  const identity = elfIdentityOf(architecture)
  if (identity === undefined) throw new Error(`no ELF machine is known for ${architecture}`)
  const { bits, byteOrder, machine } = identity
  const number = (value: number): string => {
    const [high, low] = [value >> 8, value & 0xff].map((byte) => byte.toString(16).padStart(2, '0')) as [string, string]
    return byteOrder === 'big' ? high + low : low + high
  }
  const ident = `7f454c46${CLASS[bits]}${BYTE_ORDER[byteOrder]}01`
  return {
    architecture,
    variants,
    qemuName,
    magic: `${ident}${'00'.repeat(9)}${number(2)}${number(machine)}`,
    // the OS ABI and its version are of no account; neither is the padding, which some tools fill in
    mask: `${'ff'.repeat(7)}${'00'.repeat(9)}${number(0xfffe)}ffff`,
  }
}

/** In the order in which they are listed to a user. */
export const EMULATED_ARCHITECTURES: readonly EmulatedArchitecture[] = [
  describe('amd64', 'x86_64'),
  describe('arm64', 'aarch64'),
  describe('riscv64', 'riscv64'),
  describe('ppc64le', 'ppc64le'),
  describe('ppc64', 'ppc64'),
  describe('s390x', 's390x'),
  describe('386', 'i386'),
  describe('arm', 'arm', ['v7', 'v6', 'v5']),
  describe('loong64', 'loongarch64'),
  describe('mips64le', 'mips64el'),
  describe('mips64', 'mips64'),
  describe('mipsle', 'mipsel'),
  describe('mips', 'mips'),
]
