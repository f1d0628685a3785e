import type { ElfHeader } from './elfHeader.ts'

/** A processor that programs are made for. */
export interface ElfMachine {
  /** As in a platform. */
  readonly architecture: string
  /** As people call it. */
  readonly title: string
}

interface MachineRow extends ElfMachine {
  /** e_machine */
  readonly machine: number
  readonly bits: 32 | 64
  readonly byteOrder: 'little' | 'big'
}

/** gabi, "e_machine", with the names that images have for them. */
const MACHINES: readonly MachineRow[] = [
  { machine: 62, bits: 64, byteOrder: 'little', architecture: 'amd64', title: 'x86-64' },
  { machine: 62, bits: 32, byteOrder: 'little', architecture: 'amd64p32', title: 'x32' },
  { machine: 3, bits: 32, byteOrder: 'little', architecture: '386', title: 'x86, 32 bits' },
  { machine: 183, bits: 64, byteOrder: 'little', architecture: 'arm64', title: 'AArch64' },
  { machine: 183, bits: 64, byteOrder: 'big', architecture: 'arm64be', title: 'AArch64, big-endian' },
  { machine: 40, bits: 32, byteOrder: 'little', architecture: 'arm', title: 'ARM, 32 bits' },
  { machine: 40, bits: 32, byteOrder: 'big', architecture: 'armbe', title: 'ARM, 32 bits, big-endian' },
  { machine: 243, bits: 64, byteOrder: 'little', architecture: 'riscv64', title: 'RISC-V, 64 bits' },
  { machine: 243, bits: 32, byteOrder: 'little', architecture: 'riscv', title: 'RISC-V, 32 bits' },
  { machine: 21, bits: 64, byteOrder: 'little', architecture: 'ppc64le', title: 'POWER, little-endian' },
  { machine: 21, bits: 64, byteOrder: 'big', architecture: 'ppc64', title: 'POWER, big-endian' },
  { machine: 20, bits: 32, byteOrder: 'big', architecture: 'ppc', title: 'PowerPC, 32 bits' },
  { machine: 22, bits: 64, byteOrder: 'big', architecture: 's390x', title: 'IBM Z' },
  { machine: 22, bits: 32, byteOrder: 'big', architecture: 's390', title: 'IBM S/390, 32 bits' },
  { machine: 258, bits: 64, byteOrder: 'little', architecture: 'loong64', title: 'LoongArch, 64 bits' },
  { machine: 8, bits: 64, byteOrder: 'little', architecture: 'mips64le', title: 'MIPS, 64 bits, little-endian' },
  { machine: 8, bits: 64, byteOrder: 'big', architecture: 'mips64', title: 'MIPS, 64 bits, big-endian' },
  { machine: 8, bits: 32, byteOrder: 'little', architecture: 'mipsle', title: 'MIPS, 32 bits, little-endian' },
  { machine: 8, bits: 32, byteOrder: 'big', architecture: 'mips', title: 'MIPS, 32 bits, big-endian' },
  { machine: 43, bits: 64, byteOrder: 'big', architecture: 'sparc64', title: 'SPARC, 64 bits' },
]

/** Undefined for a processor without images. */
export function machineOf({ machine, bits, byteOrder }: Pick<ElfHeader, 'machine' | 'bits' | 'byteOrder'>): ElfMachine | undefined {
  return MACHINES.find((row) => row.machine === machine && row.bits === bits && row.byteOrder === byteOrder)
}

/** The other way round: e_machine, class and byte order of programs for `architecture`. */
export function elfIdentityOf(architecture: string): Pick<ElfHeader, 'machine' | 'bits' | 'byteOrder'> | undefined {
  return MACHINES.find((row) => row.architecture === architecture)
}
