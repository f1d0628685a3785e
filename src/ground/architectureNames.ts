/** What else an architecture is called, and by whom. Docker knows only some of the names. */
export interface OtherName {
  readonly name: string
  readonly architecture: string
  readonly variant: string
  readonly whose: string
}

function called(architecture: string, variant: string, names: Readonly<Record<string, readonly string[]>>): readonly OtherName[] {
  return Object.entries(names).flatMap(([whose, list]) => list.map((name) => ({ name, architecture, variant, whose })))
}

export const OTHER_NAMES: readonly OtherName[] = [
  ...called('amd64', '', { 'uname -m': ['x86_64'], 'Node.js': ['x64'] }),
  ...called('386', '', { Debian: ['i386'], 'uname -m': ['i686', 'i586', 'i486'], Alpine: ['x86'], 'Node.js': ['ia32'] }),
  ...called('arm64', '', { 'uname -m': ['aarch64'], 'Docker Hub': ['arm64v8'], others: ['armv8'] }),
  ...called('arm', 'v8', { 'uname -m': ['armv8l'] }),
  ...called('arm', 'v7', { Debian: ['armhf'], 'uname -m': ['armv7l'], Fedora: ['armv7hl'], Alpine: ['armv7'], 'Docker Hub': ['arm32v7'] }),
  ...called('arm', 'v6', { Docker: ['armel'], 'uname -m': ['armv6l'], others: ['armv6'], 'Docker Hub': ['arm32v6'] }),
  ...called('arm', 'v5', { 'uname -m': ['armv5tel'], others: ['armv5'], 'Docker Hub': ['arm32v5'] }),
  ...called('ppc64le', '', { Debian: ['ppc64el'], 'the GNU tools': ['powerpc64le'] }),
  ...called('ppc64', '', { 'the GNU tools': ['powerpc64'] }),
  ...called('riscv64', '', { 'the GNU tools': ['riscv64gc'], others: ['riscv'] }),
  ...called('loong64', '', { 'uname -m': ['loongarch64'] }),
  ...called('mips64le', '', { Debian: ['mips64el'] }),
  ...called('mipsle', '', { Debian: ['mipsel'] }),
]
