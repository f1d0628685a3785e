import type { Platform } from '../../ground/platform.ts'
import type { ElfFacts } from '../elf/elfFacts.ts'

/** What a file's architecture is to a platform. */
export type Fit = 'own' | 'compatible' | 'foreign'

export function fitOf(elf: ElfFacts, { architecture }: Platform): Fit {
  if (elf.foreignSystem !== undefined) return 'foreign'
  if (elf.architecture === architecture) return 'own'
  return COMPATIBLE.get(architecture)?.includes(elf.architecture) === true ? 'compatible' : 'foreign'
}

/** What a 64-bit kernel runs too. */
const COMPATIBLE: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['386', 'amd64p32']],
  ['arm64', ['arm']],
  ['s390x', ['s390']],
])
