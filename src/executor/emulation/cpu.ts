import { readFileSync } from 'node:fs'
import { endianness, machine } from 'node:os'
import { normalizePlatform, type Platform } from '../../ground/platform.ts'

/** What the machine says of its processor. */
export interface CpuFacts {
  /** `uname -m`, such as `x86_64` or `armv7l`. */
  readonly machine: string
  readonly byteOrder: 'LE' | 'BE'
  /** Of the first processor; empty where the kernel names none. */
  readonly flags: ReadonlySet<string>
}

export function readCpu(): CpuFacts {
  return { machine: machine(), byteOrder: endianness(), flags: parseCpuFlags(readFileSync('/proc/cpuinfo', 'utf8')) }
}

/** `flags` (x86) or `Features` (arm, s390x) of /proc/cpuinfo. */
export function parseCpuFlags(cpuinfo: string): ReadonlySet<string> {
  const line = /^(?:flags|[Ff]eatures)\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? ''
  return new Set(line.split(/\s+/).filter((flag) => flag !== ''))
}

/** What runs without an emulator, the machine's own platform in its baseline first. */
export function nativePlatforms(cpu: CpuFacts): readonly Platform[] {
  const make = (architecture: string, variant = ''): Platform => normalizePlatform({ os: 'linux', architecture, variant, osVersion: '' })
  const architecture = architectureOf(cpu)
  switch (architecture) {
    case 'amd64':
      return [make('amd64'), ...levelsUpTo(amd64Level(cpu.flags), 2).map((variant) => make('amd64', variant)), make('386')]
    case 'arm':
      return levelsUpTo(armLevel(cpu.machine), 5).reverse().map((variant) => make('arm', variant))
    default:
      return [make(architecture)]
  }
}

function architectureOf({ machine: name, byteOrder }: CpuFacts): string {
  if (/^armv\d/.test(name)) return 'arm'
  if (/^i[3-6]86$/.test(name)) return '386'
  const isLittle = byteOrder === 'LE'
  if (name === 'mips' || name === 'mips64') return isLittle ? `${name}le` : name
  return MACHINES.get(name) ?? name
}

const MACHINES: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
  ['loongarch64', 'loong64'],
])

/** x86-64 psABI, "Micro-Architecture Levels", under the kernel's names. */
const AMD64_LEVELS: readonly (readonly [level: number, flags: readonly string[]])[] = [
  [2, ['cx16', 'lahf_lm', 'popcnt', 'pni', 'sse4_1', 'sse4_2', 'ssse3']],
  [3, ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe', 'xsave']],
  [4, ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl']],
]

function amd64Level(flags: ReadonlySet<string>): number {
  const missing = AMD64_LEVELS.find(([, needed]) => !needed.every((flag) => flags.has(flag)))
  return missing === undefined ? 4 : missing[0] - 1
}

function armLevel(name: string): number {
  return Math.min(7, Number(/^armv(\d+)/.exec(name)?.[1] ?? 7))
}

function levelsUpTo(highest: number, lowest: number): string[] {
  return Array.from({ length: Math.max(0, highest - lowest + 1) }, (_, step) => `v${lowest + step}`)
}
