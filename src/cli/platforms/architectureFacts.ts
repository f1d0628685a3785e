/** What is to be known of an architecture before one builds for it. */
export interface ArchitectureFacts {
  readonly meaning: string
  /** What each variant stands for; '' is the baseline where it is written without one. */
  readonly variants: ReadonlyMap<string, string>
  /** Of its kernels as distributions build them; undefined where all have pages of 4 KiB. */
  readonly pages?: string
}

const NO_VARIANTS: ReadonlyMap<string, string> = new Map()

/** By OCI's name, the usual ones first. */
export const ARCHITECTURE_FACTS: ReadonlyMap<string, ArchitectureFacts> = new Map<string, ArchitectureFacts>([
  [
    'amd64',
    {
      meaning: '64-bit x86',
      variants: new Map([
        ['', 'any x86-64 CPU'],
        ['v2', 'with SSE4.2 and POPCNT: CPUs since 2009'],
        ['v3', 'with AVX2, BMI2 and FMA: Haswell, Zen and newer'],
        ['v4', 'with AVX-512'],
      ]),
    },
  ],
  ['arm64', { meaning: '64-bit Arm', variants: arm64Variants(), pages: '4, 16 or 64 KiB' }],
  [
    'arm',
    {
      meaning: '32-bit Arm',
      variants: new Map([
        ['v5', 'Armv5 without a floating point unit: what Debian calls armel'],
        ['v6', 'Armv6 with VFP: Raspberry Pi 1 and Zero'],
        ['v7', 'Armv7 with VFP, hard float: what Debian calls armhf'],
        ['v8', '32-bit programs for 64-bit Arm CPUs'],
      ]),
    },
  ],
  ['riscv64', { meaning: '64-bit RISC-V', variants: new Map([['', 'RV64GC'], ['rva20u64', 'profile RVA20'], ['rva22u64', 'profile RVA22'], ['rva23u64', 'profile RVA23']]) }],
  ['ppc64le', { meaning: '64-bit POWER, little-endian', variants: new Map([['', 'POWER8 and newer'], ...[8, 9, 10, 11].map((level) => [`power${level}`, `POWER${level} and newer`] as const)]), pages: '64 KiB' }],
  ['s390x', { meaning: 'IBM Z, 64-bit, big-endian', variants: NO_VARIANTS }],
  ['386', { meaning: '32-bit x86', variants: NO_VARIANTS }],
  ['loong64', { meaning: '64-bit LoongArch', variants: NO_VARIANTS, pages: '16 KiB' }],
  ['ppc64', { meaning: '64-bit POWER, big-endian', variants: NO_VARIANTS, pages: '64 KiB' }],
  ['mips64le', { meaning: '64-bit MIPS, little-endian', variants: NO_VARIANTS, pages: '4, 16 or 64 KiB' }],
  ['mips64', { meaning: '64-bit MIPS, big-endian', variants: NO_VARIANTS, pages: '4, 16 or 64 KiB' }],
  ['mipsle', { meaning: '32-bit MIPS, little-endian', variants: NO_VARIANTS }],
  ['mips', { meaning: '32-bit MIPS, big-endian', variants: NO_VARIANTS }],
])

function arm64Variants(): ReadonlyMap<string, string> {
  const older = Array.from({ length: 9 }, (_, minor) => [`v8.${minor + 1}`, `Armv8.${minor + 1}-A and newer`] as const)
  const newer = Array.from({ length: 6 }, (_, minor) => [minor === 0 ? 'v9' : `v9.${minor}`, `Armv9.${minor}-A and newer`] as const)
  return new Map([['', 'Armv8-A and newer'], ...older, ...newer])
}
