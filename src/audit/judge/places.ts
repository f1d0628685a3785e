import type { ElfFacts } from '../elf/elfFacts.ts'

/**
 * Places in which files stand that the image itself does not run or load: what is wrong with them for its platform is
 * no mistake. Each with its reason, as data.
 */
export interface Place {
  readonly pattern: RegExp
  readonly reason: string
}

export const PLACES: readonly Place[] = [
  { pattern: /^\/usr\/lib\/debug\//, reason: 'debug symbols are read and never loaded' },
  { pattern: /\.debug$|\/\.debug\//, reason: 'debug symbols are read and never loaded' },
  { pattern: /^\/(?:usr\/)?lib\/firmware\//, reason: 'firmware is for a device, not for the CPU' },
  { pattern: /^\/(?:usr\/)?lib\/modules\//, reason: 'kernel modules are for the kernel of whoever boots it' },
  { pattern: /\/glibc-hwcaps\//, reason: 'the loader takes these libraries where the CPU has what they need' },
  { pattern: /\/(?:testdata|__tests__|tests?|fixtures)\//, reason: 'test data' },
  { pattern: /\/qemu-[a-z0-9_]+(?:-static)?$/, reason: 'an emulator for the machine that the image was made on' },
]

/** What the names of folders and files call an architecture. */
const SPELLINGS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['amd64', 'x86_64', 'x86-64', 'x64', 'linux64', 'linux-64']],
  ['386', ['386', 'i386', 'i486', 'i586', 'i686', 'ia32', 'x86', 'x86_32', 'lib32', 'linux32', 'linux-32']],
  ['amd64p32', ['x32', 'gnux32', 'libx32']],
  ['arm64', ['arm64', 'aarch64', 'armv8', 'arm64-v8a']],
  ['arm', ['arm', 'armhf', 'armel', 'arm32', 'armv5', 'armv5l', 'armv5te', 'armv6', 'armv6l', 'armv6hf', 'armv7', 'armv7l', 'armv7a', 'armv7hf', 'armeabi', 'armeabi-v7a', 'gnueabihf', 'gnueabi', 'musleabihf', 'musleabi']],
  ['ppc64le', ['ppc64le', 'ppc64el', 'powerpc64le']],
  ['ppc64', ['ppc64', 'powerpc64']],
  ['s390x', ['s390x']],
  ['riscv64', ['riscv64', 'riscv64gc']],
  ['loong64', ['loong64', 'loongarch64']],
  ['mips', ['mips']],
  ['mipsle', ['mipsle', 'mipsel']],
  ['mips64', ['mips64']],
  ['mips64le', ['mips64le', 'mips64el']],
])

const PATTERNS: ReadonlyMap<string, RegExp> = new Map([...SPELLINGS].map(([architecture, words]) => [architecture, wordPattern(words)]))

function wordPattern(words: readonly string[]): RegExp {
  return new RegExp(`(?:^|[^a-z0-9])(?:${words.join('|')})(?=$|[^a-z0-9])`)
}

/** Python looks for a module under the name of its own architecture: one with another name is never found. */
const PYTHON_MODULE = /\.cpython-[^/]*\.so$/

/**
 * Why a file that does not fit the platform is where it should be; undefined where nothing says so. A folder that names
 * the file's own architecture was made for that: cross compilers, prebuilt modules. So was a file of that name, but for
 * one that is called as a command.
 */
export function excuseFor(path: string, elf: ElfFacts, isCommand: boolean): string | undefined {
  const place = PLACES.find(({ pattern }) => pattern.test(path))
  if (place !== undefined) return place.reason
  const pattern = PATTERNS.get(elf.architecture)
  const end = isCommand || PYTHON_MODULE.test(path) ? path.lastIndexOf('/') : path.length
  if (pattern?.test(path.slice(0, end).toLowerCase()) === true) return `its name says that it is for ${elf.architecture}`
  return undefined
}

/** Whether the name says which C library it is for, as it does where a package brings one for each. */
export function namesItsLibc(path: string, libc: 'glibc' | 'musl'): boolean {
  return (libc === 'musl' ? /musl/ : /glibc|[^a-z]gnu/).test(path.toLowerCase())
}
