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

interface Header {
  readonly bits: 32 | 64
  readonly byteOrder: 'little' | 'big'
  /** e_machine */
  readonly machine: number
}

function describe(architecture: string, qemuName: string, header: Header, variants: readonly string[] = []): EmulatedArchitecture {
  const { bits, byteOrder, machine } = header
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
  describe('amd64', 'x86_64', { bits: 64, byteOrder: 'little', machine: 62 }),
  describe('arm64', 'aarch64', { bits: 64, byteOrder: 'little', machine: 183 }),
  describe('riscv64', 'riscv64', { bits: 64, byteOrder: 'little', machine: 243 }),
  describe('ppc64le', 'ppc64le', { bits: 64, byteOrder: 'little', machine: 21 }),
  describe('ppc64', 'ppc64', { bits: 64, byteOrder: 'big', machine: 21 }),
  describe('s390x', 's390x', { bits: 64, byteOrder: 'big', machine: 22 }),
  describe('386', 'i386', { bits: 32, byteOrder: 'little', machine: 3 }),
  describe('arm', 'arm', { bits: 32, byteOrder: 'little', machine: 40 }, ['v7', 'v6', 'v5']),
  describe('loong64', 'loongarch64', { bits: 64, byteOrder: 'little', machine: 258 }),
  describe('mips64le', 'mips64el', { bits: 64, byteOrder: 'little', machine: 8 }),
  describe('mips64', 'mips64', { bits: 64, byteOrder: 'big', machine: 8 }),
  describe('mipsle', 'mipsel', { bits: 32, byteOrder: 'little', machine: 8 }),
  describe('mips', 'mips', { bits: 32, byteOrder: 'big', machine: 8 }),
]
