import type { Platform } from '../../ground/platform.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { asByteString, textOfBytes } from '../../kit/byteString.ts'
import { describeArchitecture } from '../elf/machine.ts'
import type { Finding } from '../finding.ts'
import { fitOf } from './fit.ts'
import { findingOf, type AuditSubject, type ElfFile } from './subject.ts'

/** Whether programs and libraries are for the platform that the image is labelled with. */
export function* checkPlatforms({ platform, elfFiles, libraries }: AuditSubject): Generator<Finding> {
  const groups = new Map<string, Group>()
  for (const file of elfFiles) {
    if (file.elf.kind === 'object') continue
    const fit = fitOf(file.elf, platform)
    if (fit === 'own') yield* checkLevel(file, platform)
    else if (fit === 'compatible') addTo(groups, 'CompatArchitecture', file)
    else if (file.excuse === undefined && isLoadedHere(file, libraries)) yield wrongArchitecture(file, platform)
    else addTo(groups, 'ForeignArchitecture', file)
  }
  for (const group of groups.values()) yield describeGroup(group, platform)
}

/** A command or a library in its place is there to be used; a file with neither sign may be data. */
function isLoadedHere({ path, isExecutable }: ElfFile, libraries: AuditSubject['libraries']): boolean {
  return isExecutable || libraries.isSearched(path.slice(0, Math.max(1, path.lastIndexOf('/'))))
}

function wrongArchitecture(file: ElfFile, platform: Platform): Finding {
  const { elf } = file
  const what = elf.foreignSystem === undefined ? describeArchitecture(elf.architecture) : `${elf.foreignSystem} on ${elf.architecture}`
  return findingOf(file, {
    rule: 'WrongArchitecture',
    severity: 'error',
    message: `is for ${what}, and the image for ${formatPlatform(platform)}`,
    remedy: 'build or download it for the platform that is built: $TARGETARCH says which that is',
  })
}

/** Levels are compared within one architecture; '' is its baseline. */
function* checkLevel(file: ElfFile, platform: Platform): Generator<Finding> {
  const { elf, excuse } = file
  if (elf.cpuLevel === '' || excuse !== undefined || isReached(elf.cpuLevel, platform)) return
  const name = platform.architecture === 'riscv64' ? `the extensions ${elf.cpuLevel.replaceAll(',', ', ')}` : `${platform.architecture}/${elf.cpuLevel}`
  const isRefused = platform.architecture === 'amd64'
  yield findingOf(file, {
    rule: 'CpuLevel',
    // x86's note is a demand; the attributes of ARM and RISC-V tell what is in a library for CPUs that have it, too
    severity: isRefused ? 'error' : elf.kind === 'program' ? 'warning' : 'note',
    message: `needs a CPU with ${name}, and the image is for ${formatPlatform(platform)}`,
    remedy: platform.architecture === 'riscv64' ? 'build it for rv64gc' : `build it for ${formatPlatform(platform)}, or the image for ${platform.os}/${platform.architecture}/${elf.cpuLevel}`,
  })
}

function isReached(level: string, { architecture, variant }: Platform): boolean {
  if (architecture === 'riscv64') return variant.startsWith('rva2') // its profiles have them
  const number = (text: string): number => Number(/^v(\d+)/.exec(text)?.[1] ?? (architecture === 'arm' ? 7 : 1))
  return number(level) <= number(variant)
}

interface Group {
  readonly rule: 'CompatArchitecture' | 'ForeignArchitecture'
  readonly files: ElfFile[]
}

function addTo(groups: Map<string, Group>, rule: Group['rule'], file: ElfFile): void {
  const key = `${rule} ${file.elf.architecture} ${file.elf.foreignSystem ?? ''} ${file.node.layer}`
  const group = groups.get(key)
  if (group === undefined) groups.set(key, { rule, files: [file] })
  else group.files.push(file)
}

function describeGroup({ rule, files }: Group, platform: Platform): Finding {
  const [first, ...rest] = files
  if (first === undefined) throw new TypeError('a group has files')
  const what = describeArchitecture(first.elf.architecture)
  const { layer } = first.node
  const common = rest.length === 0 ? first.path : commonFolder(files)
  const excuses = new Set(files.flatMap(({ excuse }) => excuse ?? []))
  const why = rule === 'CompatArchitecture' ? `, which ${platform.architecture} runs too` : excuses.size === 1 ? `: ${[...excuses].join('')}` : ''
  return { rule, severity: 'note', path: textOfBytes(asByteString(common)), message: `${rest.length === 0 ? 'is' : `holds ${files.length} files`} for ${what}${why}`, remedy: '', layer, fileCount: files.length }
}

function commonFolder(files: readonly ElfFile[]): string {
  const [first = [], ...others] = files.map(({ path }) => path.split('/').slice(0, -1))
  const shared = others.reduce((common, names) => common.slice(0, [...common, undefined].findIndex((name, index) => name === undefined || name !== names[index])), first)
  return shared.join('/') || '/'
}
