import type { Platform } from '../../../ground/platform.ts'

/** An architecture's name somewhere in a text, as one of the many who name them writes it. */
export interface ArchitectureName {
  readonly name: string
  /** OCI's name for it. */
  readonly architecture: string
}

const ARCHITECTURES: ReadonlyMap<string, string> = new Map([
  ...['amd64', 'x86_64', 'x86-64', 'x64'].map((name) => [name, 'amd64'] as const),
  ...['arm64', 'aarch64', 'arm64v8', 'armv8'].map((name) => [name, 'arm64'] as const),
  ...['armhf', 'armel', 'armv7', 'armv7l', 'armv7hf', 'armv6', 'armv6l', 'arm32v7', 'arm32v6'].map((name) => [name, 'arm'] as const),
  ...['i386', 'i686'].map((name) => [name, '386'] as const),
  ...['ppc64le', 'ppc64el', 'powerpc64le'].map((name) => [name, 'ppc64le'] as const),
  ['s390x', 's390x'],
  ...['riscv64', 'riscv64gc'].map((name) => [name, 'riscv64'] as const),
  ...['loong64', 'loongarch64'].map((name) => [name, 'loong64'] as const),
])

const NAME = new RegExp(`(?<![A-Za-z0-9])(?:${[...ARCHITECTURES.keys()].toSorted((a, b) => b.length - a.length).join('|')})(?![A-Za-z0-9])`, 'g')

/** In the order of the text. Names that mean other things too, such as `arm` or `x86`, are none. */
export function architectureNamesIn(text: string): readonly ArchitectureName[] {
  return [...text.matchAll(NAME)].map(([name]) => ({ name, architecture: ARCHITECTURES.get(name) ?? name }))
}

/** Whether what is for `architecture` runs on the CPU of `platform`. */
export function runsOn(architecture: string, platform: Platform): boolean {
  if (architecture === platform.architecture) return true
  return (architecture === '386' && platform.architecture === 'amd64') || (architecture === 'arm' && platform.architecture === 'arm64')
}
