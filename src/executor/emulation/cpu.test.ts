import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatPlatform } from '../../ground/platform.ts'
import { nativePlatforms, parseCpuFlags } from './cpu.ts'

const V2 = 'cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3'
const V3 = `${V2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave`
const V4 = `${V3} avx512f avx512bw avx512cd avx512dq avx512vl`

describe('the platforms of a processor', () => {
  const cases: readonly (readonly [title: string, machine: string, flags: string, expected: string])[] = [
    ['an old amd64 has its baseline and 386', 'x86_64', 'fpu sse2', 'linux/amd64 linux/386'],
    ['v2 by its flags', 'x86_64', V2, 'linux/amd64 linux/amd64/v2 linux/386'],
    ['v3 by its flags', 'x86_64', V3, 'linux/amd64 linux/amd64/v2 linux/amd64/v3 linux/386'],
    ['v4 by its flags', 'x86_64', V4, 'linux/amd64 linux/amd64/v2 linux/amd64/v3 linux/amd64/v4 linux/386'],
    ['AVX-512 without AVX2 is not v4', 'x86_64', `${V2} avx512f avx512bw avx512cd avx512dq avx512vl`, 'linux/amd64 linux/amd64/v2 linux/386'],
    ['arm64 has no 32-bit arm: many servers lack it', 'aarch64', '', 'linux/arm64'],
    ['a 32-bit arm runs what is older', 'armv7l', '', 'linux/arm/v7 linux/arm/v6 linux/arm/v5'],
    ['an ARMv6 does not run v7', 'armv6l', '', 'linux/arm/v6 linux/arm/v5'],
    ['ppc64le by its own name', 'ppc64le', '', 'linux/ppc64le'],
    ['mips64 by its byte order', 'mips64', '', 'linux/mips64le'],
    ['386', 'i686', '', 'linux/386'],
  ]
  for (const [title, machine, flags, expected] of cases) {
    it(title, () => {
      const platforms = nativePlatforms({ machine, byteOrder: 'LE', flags: new Set(flags.split(' ')) })
      assert.equal(platforms.map(formatPlatform).join(' '), expected)
    })
  }

  it('flags are read from x86’s and from arm’s cpuinfo', () => {
    assert.deepEqual(parseCpuFlags('processor\t: 0\nflags\t\t: fpu vme\n\nprocessor\t: 1\nflags\t\t: other\n'), new Set(['fpu', 'vme']))
    assert.deepEqual(parseCpuFlags('processor\t: 0\nFeatures\t: fp asimd\n'), new Set(['fp', 'asimd']))
    assert.deepEqual(parseCpuFlags('cpu: POWER9\n'), new Set())
  })
})
