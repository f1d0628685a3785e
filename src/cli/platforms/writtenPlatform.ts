import { OTHER_NAMES, type OtherName } from '../../ground/architectureNames.ts'
import { ARCHITECTURE_ALIASES, formatPlatform, KNOWN_OS, parsePlatform, type Platform } from '../../ground/platform.ts'
import { nearest } from '../../ground/nearest.ts'
import { UsageError } from '../flags/usageError.ts'
import { ARCHITECTURE_FACTS } from './architectureFacts.ts'

/** A platform as somebody wrote it, and what there is to say of the spelling. */
export interface WrittenPlatform {
  readonly platform: Platform
  readonly remarks: readonly string[]
}

/**
 * Takes any name that is in use, Docker's or not, and no platform that does not exist. A lone operating system stands
 * for the CPU of `host`.
 * @throws UsageError that names the nearest platform there is
 */
export function readWrittenPlatform(text: string, host: Platform): WrittenPlatform {
  const parts = text.trim().toLowerCase().split('/')
  const [first = '', second, third] = parts
  if (first === '' || parts.length > 3 || parts.includes('')) throw unknown(text, 'it is not written as os/arch[/variant]', 'linux/arm64')
  if (second === undefined) {
    if (KNOWN_OS.has(first)) return { platform: parsePlatform(first, host), remarks: [`an operating system alone stands for this machine's CPU`] }
    return readArchitecture({ text, os: 'linux', architecture: first, variant: '' })
  }
  if (!KNOWN_OS.has(first)) throw unknown(text, `there is no operating system ${JSON.stringify(first)}`, meantBy(first, second, third))
  return readArchitecture({ text, os: first, architecture: second, variant: third ?? '' })
}

interface Spelling {
  readonly text: string
  readonly os: string
  readonly architecture: string
  readonly variant: string
}

function readArchitecture({ text, os, architecture, variant }: Spelling): WrittenPlatform {
  const other = ARCHITECTURE_ALIASES.has(architecture) ? undefined : findOther(architecture)
  const spelled = other === undefined ? [os, architecture, variant] : [os, other.architecture, variant === '' ? other.variant : variant]
  const platform = parsePlatform(spelled.filter((part) => part !== '').join('/'))
  const facts = ARCHITECTURE_FACTS.get(platform.architecture)
  if (facts === undefined) throw unknown(text, `there is no architecture ${JSON.stringify(architecture)}`, nearestArchitecture(os, architecture))
  if (platform.variant !== '' && !facts.variants.has(platform.variant)) throw unknownVariant(text, platform, [...facts.variants.keys()])
  return { platform, remarks: remarksOn(text, platform, other) }
}

function remarksOn(text: string, platform: Platform, other: OtherName | undefined): readonly string[] {
  const canonical = formatPlatform(platform)
  if (other !== undefined) return [`${other.name} is a name of ${other.whose === 'others' ? 'other tools' : other.whose}, which Docker does not know: write ${canonical}`]
  if (text.trim().toLowerCase() === canonical) return []
  const caution = /\barmhf\b/i.test(text) ? ' (Raspberry Pi OS says armhf for linux/arm/v6)' : ''
  return [`${text.trim()} is another way to write ${canonical}${caution}`]
}

function findOther(name: string): OtherName | undefined {
  return OTHER_NAMES.find((other) => other.name === name)
}

/** `arm64/v8` lacks the system in front of it. */
function meantBy(first: string, second: string, third: string | undefined): string {
  if (third === undefined && isArchitecture(first)) return `linux/${first}/${second}`
  const os = nearest(first, [...KNOWN_OS]) ?? 'linux'
  return [os, isArchitecture(second) ? second : (nearest(second, [...ARCHITECTURE_FACTS.keys()]) ?? 'amd64'), ...(third === undefined ? [] : [third])].join('/')
}

function isArchitecture(name: string): boolean {
  return ARCHITECTURE_FACTS.has(name) || ARCHITECTURE_ALIASES.has(name) || findOther(name) !== undefined
}

function nearestArchitecture(os: string, written: string): string | undefined {
  const names = [...ARCHITECTURE_FACTS.keys(), ...ARCHITECTURE_ALIASES.keys(), ...OTHER_NAMES.map(({ name }) => name)]
  const close = nearest(written, names)
  return close === undefined ? undefined : formatPlatform(readArchitecture({ text: close, os, architecture: close, variant: '' }).platform)
}

function unknownVariant(text: string, platform: Platform, variants: readonly string[]): UsageError {
  const { architecture, variant } = platform
  const baseline = architecture === 'arm64' ? 8 : 1
  const distance = (one: string): number => Math.abs(numberIn(one, baseline) - numberIn(variant, baseline))
  const usable = architecture === 'arm' ? variants.filter((one) => one !== 'v8') : variants
  const [close = ''] = usable.toSorted((a, b) => distance(a) - distance(b))
  const has = variants.filter((one) => one !== '')
  const what = has.length === 0 ? `${architecture} has no variants` : `${architecture} has no variant ${JSON.stringify(variant)}, but ${has.join(', ')}`
  return unknown(text, what, formatPlatform({ ...platform, variant: close }))
}

/** `v8.2` is 8.2. */
function numberIn(variant: string, baseline: number): number {
  return Number(/\d+(?:\.\d+)?/.exec(variant)?.[0] ?? baseline)
}

function unknown(text: string, reason: string, close: string | undefined): UsageError {
  const advice = close === undefined ? `there are ${[...ARCHITECTURE_FACTS.keys()].map((one) => `linux/${one}`).join(', ')}` : `the nearest is ${close}`
  return new UsageError(`no such platform: ${JSON.stringify(text)}: ${reason}`, { hint: advice })
}
