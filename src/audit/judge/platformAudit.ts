import type { Platform } from '../../ground/platform.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { asByteString, textOfBytes } from '../../kit/byteString.ts'
import { describeArchitecture } from '../elf/machine.ts'
import type { Finding } from '../finding.ts'
import { fitOf } from './fit.ts'
import type { ElfFile } from './judgedFile.ts'
import { findingOf, folderOf, type AuditSubject } from './subject.ts'

/** Files of one layer that are for the same other architecture: told together. */
export interface FileGroup {
  readonly rule: GroupRule
  readonly files: readonly ElfFile[]
}

export type GroupRule = 'CompatArchitecture' | 'ForeignArchitecture'

/** Whether a program or library is for the platform that the image is labelled with: what is wrong with it, or which group it belongs to. */
export function judgePlatform(file: ElfFile, subject: Pick<AuditSubject, 'platform' | 'isSearched'>): Finding | GroupRule | undefined {
  if (file.elf.kind === 'object') return undefined
  switch (fitOf(file.elf, subject.platform)) {
    case 'own':
      return checkLevel(file, subject.platform)
    case 'compatible':
      return 'CompatArchitecture'
    case 'foreign':
      return file.excuse === undefined && isLoadedHere(file, subject) ? wrongArchitecture(file, subject.platform) : 'ForeignArchitecture'
  }
}

/** A command or a library in its place is there to be used; a file with neither sign may be data. */
function isLoadedHere({ path, isExecutable }: ElfFile, { isSearched }: Pick<AuditSubject, 'isSearched'>): boolean {
  return isExecutable || isSearched(folderOf(path))
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
function checkLevel(file: ElfFile, platform: Platform): Finding | undefined {
  const { elf, excuse } = file
  if (elf.cpuLevel === '' || excuse !== undefined || isReached(elf.cpuLevel, platform)) return undefined
  const name = platform.architecture === 'riscv64' ? `the extensions ${elf.cpuLevel.replaceAll(',', ', ')}` : `${platform.architecture}/${elf.cpuLevel}`
  const isRefused = platform.architecture === 'amd64'
  return findingOf(file, {
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

/** Of files in order, each with the rule of its group. */
export function groupFiles(files: readonly { readonly rule: GroupRule; readonly file: ElfFile }[]): readonly FileGroup[] {
  const groups = Map.groupBy(files, ({ rule, file: { elf, node } }) => `${rule} ${elf.architecture} ${elf.foreignSystem ?? ''} ${node.layer}`)
  return [...groups.values()].flatMap((members) => members.slice(0, 1).map(({ rule }) => ({ rule, files: members.map(({ file }) => file) })))
}

export function describeGroup({ rule, files }: FileGroup, { platform }: Pick<AuditSubject, 'platform'>): Finding {
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
