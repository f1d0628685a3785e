import type { ElfHeader } from '../../archive/elf/elfHeader.ts'
import { elfIdentityOf, machineOf } from '../../archive/elf/elfMachine.ts'

export const EM_ARM = 40
export const EM_RISCV = 243

/** The architecture as an image's platform names it, else a name that tells what it is. */
export function architectureOf(header: ElfHeader): string {
  return machineOf(header)?.architecture ?? OTHER_MACHINES.get(header.machine) ?? `machine ${header.machine}`
}

/** By e_machine: what is met in images and never their platform. */
const OTHER_MACHINES: ReadonlyMap<number, string> = new Map([
  [164, 'hexagon'],
  [190, 'cuda'],
  [224, 'amdgpu'],
  [247, 'bpf'],
])

/** How floats are passed, where e_flags say so: programs of one way find no libraries of the other. */
export function floatsOf({ machine, flags }: ElfHeader): 'hard' | 'soft' | 'unknown' {
  if (machine === EM_ARM) return (flags & 0x400) !== 0 ? 'hard' : (flags & 0x200) !== 0 ? 'soft' : 'unknown' // EF_ARM_ABI_FLOAT_HARD and _SOFT
  if (machine === EM_RISCV) return (flags & 0x6) === 0 ? 'soft' : 'hard' // EF_RISCV_FLOAT_ABI
  return 'unknown'
}

/** The system that a file is for where it is not Linux; what any system's tools write (System V, GNU) is Linux. */
export function foreignSystemOf({ osAbi }: ElfHeader): string | undefined {
  return FOREIGN_SYSTEMS.get(osAbi)
}

const FOREIGN_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [1, 'hp-ux'],
  [2, 'netbsd'],
  [6, 'solaris'],
  [7, 'aix'],
  [9, 'freebsd'],
  [12, 'openbsd'],
])

/** `amd64 (x86-64)`: with what people call it. */
export function describeArchitecture(architecture: string): string {
  const identity = elfIdentityOf(architecture)
  const machine = identity === undefined ? undefined : machineOf(identity)
  return machine === undefined ? architecture : `${architecture} (${machine.title})`
}
