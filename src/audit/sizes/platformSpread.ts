import { OTHER_NAMES } from '../../ground/architectureNames.ts'
import { textOfBytes } from '../../kit/byteString.ts'
import { categoryOf } from './fileCategory.ts'
import { folderOf } from './folderOf.ts'
import type { ImageFile, ImageFiles } from './imageFiles.ts'
import { measure, type SizedPath } from './savings.ts'

/** How the platforms of an image differ in what they hold. */
export interface PlatformSpread {
  /** Files of equal name and content on every platform. */
  readonly equal: { readonly fileCount: number; readonly sizeBytes: number }
  /** Of the biggest platform. */
  readonly allBytes: number
  /** Files that some platforms have and others have not, together by folder: the biggest first. */
  readonly partial: readonly PartialFiles[]
  /** Files of very different sizes: the biggest difference first. */
  readonly uneven: readonly UnevenFile[]
}

export interface PartialFiles {
  readonly platforms: readonly string[]
  readonly folder: string
  readonly reason: string
  /** On the first of the platforms that have them. */
  readonly layer: number
  readonly sizeBytes: number
  readonly fileCount: number
  readonly examples: readonly SizedPath[]
}

export interface UnevenFile {
  /** On the first of the platforms. */
  readonly path: string
  readonly reason: string
  readonly sizes: readonly { readonly platform: string; readonly sizeBytes: number }[]
}

export interface PlatformFiles {
  readonly platform: string
  readonly architecture: string
  readonly image: ImageFiles
}

/** Programs differ between processors by some tens of percent. */
const UNEVEN_RATIO = 1.5
const UNEVEN_BYTES = 64 << 10

interface Found {
  readonly platform: string
  readonly file: ImageFile
}

export function comparePlatforms(platforms: readonly PlatformFiles[]): PlatformSpread {
  const byName = new Map<string, Found[]>()
  for (const { platform, architecture, image } of platforms) {
    const generalize = createGeneralizer(architecture)
    for (const file of image.files) {
      const name = generalize(file.path)
      const found = byName.get(name)
      if (found === undefined) byName.set(name, [{ platform, file }])
      else found.push({ platform, file })
    }
  }
  const all = [...byName.values()]
  const everywhere = all.filter((found) => found.length === platforms.length)
  const equal = everywhere.filter((found) => new Set(found.map(({ file }) => file.content)).size === 1).flatMap(([first]) => first?.file ?? [])
  return {
    equal: { fileCount: equal.length, sizeBytes: sumOf(equal) },
    allBytes: Math.max(0, ...platforms.map(({ image }) => sumOf(image.files))),
    partial: partialFiles(all.filter((found) => found.length < platforms.length)),
    uneven: all.flatMap(unevenFile).toSorted((a, b) => spanOf(b) - spanOf(a)),
  }
}

function sumOf(files: readonly ImageFile[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
}

function partialFiles(partial: readonly (readonly Found[])[]): readonly PartialFiles[] {
  const groups = Map.groupBy(partial, (found) => [found.map(({ platform }) => platform).join(' '), ...placeOf(found)].join('\0'))
  return [...groups.values()]
    .flatMap((sets) => {
      const [first] = sets
      const [one] = first ?? []
      if (first === undefined || one === undefined) return []
      const [folder, reason] = placeOf(first)
      return [{ platforms: first.map(({ platform }) => platform), folder, reason, layer: one.file.layer, ...measure(sets.flatMap(([leader]) => leader?.file ?? [])) }]
    })
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes)
}

function placeOf([first]: readonly Found[]): readonly [folder: string, reason: string] {
  if (first === undefined) return ['', '']
  return [folderOf(textOfBytes(first.file.path)), whyPartial(first.file.path)]
}

/** What is told of a path; else its step is all that is known. */
function whyPartial(path: string): string {
  return PARTIAL_REASONS.find(([pattern]) => pattern.test(path))?.[1] ?? categoryOf(path)?.title ?? 'what its step brought'
}

const PARTIAL_REASONS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/(?:^|\/)(?:glibc-)?hwcaps\//, 'libraries for levels of one CPU'],
  [/(?:^|\/)prebuilds\//, 'programs made for one platform, which a package brings'],
  [/^var\/lib\/dpkg\/info\/|^var\/lib\/(?:rpm|apk)\/|^lib\/apk\/db\//, 'packages that only these platforms have'],
  [/\.so(?:\.[\d.]+)?$/, 'libraries that only these platforms have'],
]

function unevenFile(found: readonly Found[]): readonly UnevenFile[] {
  const sizes = found.map(({ file }) => file.sizeBytes)
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)]
  const [first] = found
  if (first === undefined || most - least < UNEVEN_BYTES || most < least * UNEVEN_RATIO) return []
  const symbols = found.filter(({ file }) => file.symbolBytes * 2 >= most - least).map(({ platform }) => platform)
  const reason = symbols.length > 0 && symbols.length < found.length ? `not stripped on ${symbols.join(', ')}` : 'other code or other contents'
  return [{ path: `/${textOfBytes(first.file.path)}`, reason, sizes: found.map(({ platform, file }) => ({ platform, sizeBytes: file.sizeBytes })) }]
}

function spanOf({ sizes }: UnevenFile): number {
  const all = sizes.map(({ sizeBytes }) => sizeBytes)
  return Math.max(...all) - Math.min(...all)
}

/** The loaders of glibc and musl, whose names tell the processor in their own ways. */
const LOADER = /(^|\/)(?:lib(?:64|32|x32)?\/)?ld(?:64|-linux[\w-]*|-musl-[\w-]+)?\.so\.\d$/

/**
 * Makes the name under which a file of one architecture is the same as that of another: `usr/lib/x86_64-linux-gnu/x`
 * and `usr/lib/aarch64-linux-gnu/x` have one.
 */
export function createGeneralizer(architecture: string): (path: string) => string {
  const own = [architecture, ...(TRIPLETS.get(architecture) ?? []), ...OTHER_NAMES.filter((other) => other.architecture === architecture).map(({ name }) => name)]
  const longestFirst = [...new Set(own)].toSorted((a, b) => b.length - a.length).map((name) => name.replace(/[.+]/g, '\\$&'))
  const names = new RegExp(`(?<![A-Za-z0-9])(?:${longestFirst.join('|')})(?![A-Za-z0-9])`, 'g')
  return (path) => path.replace(LOADER, '$1{loader}').replace(names, '{arch}')
}

/** What stands for the architecture in `lib/TRIPLET`, where it is no other of its names. */
const TRIPLETS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['x86_64-linux-gnu', 'x86_64-linux-musl', 'x86-64']],
  ['386', ['i386-linux-gnu', 'i386-linux-musl', 'i686-linux-gnu']],
  ['arm64', ['aarch64-linux-gnu', 'aarch64-linux-musl']],
  ['arm', ['arm-linux-gnueabihf', 'arm-linux-gnueabi', 'arm-linux-musleabihf']],
  ['ppc64le', ['powerpc64le-linux-gnu', 'powerpc64le-linux-musl']],
  ['s390x', ['s390x-linux-gnu', 's390x-linux-musl']],
  ['riscv64', ['riscv64-linux-gnu', 'riscv64-linux-musl']],
  ['loong64', ['loongarch64-linux-gnu', 'loongarch64-linux-musl']],
  ['mips64le', ['mips64el-linux-gnuabi64']],
])
