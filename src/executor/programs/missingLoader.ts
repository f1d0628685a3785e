import { posix } from 'node:path'
import type { ElfProgram } from './programFile.ts'
import type { ProgramFault } from './programFault.ts'
import type { ProgramView } from './programView.ts'

/** A C library; its loader is named in every program that is linked with it. */
type CLibrary = 'glibc' | 'musl'

const REMEDIES: Readonly<Record<CLibrary, string>> = {
  glibc: 'use a build for musl or a static one, or a base image with glibc such as debian; on Alpine: apk add gcompat',
  musl: 'use a build for glibc or a static one, or a base image with musl such as alpine; on Debian: apt-get install musl',
}

/** Undefined where the loader is there, or none is needed. */
export function findMissingLoader({ loader, machine }: ElfProgram, view: ProgramView): ProgramFault | undefined {
  if (loader === undefined || view.file(loader).kind !== 'absent') return undefined
  const [wanted, present] = [libraryOf(posix.basename(loader)), libraryIn(view)]
  const isOther = wanted !== undefined && present !== undefined && wanted !== present
  const linked = wanted === undefined ? '' : ` (${wanted})`
  const image = isOther ? `, whose C library is ${present}` : ''
  const where = machine === undefined ? '' : ` for ${machine.architecture}`
  return {
    kind: 'missing',
    what: `is linked dynamically, and its loader ${loader}${linked} is not in the image${image}`,
    remedy: isOther ? REMEDIES[wanted] : `install the C library it was linked with${where}, or link it statically`,
  }
}

function libraryOf(loaderName: string): CLibrary | undefined {
  if (loaderName.startsWith('ld-musl-')) return 'musl'
  return /^ld(?:-linux.*|64|-\d.*)?\.so/.test(loaderName) ? 'glibc' : undefined
}

function libraryIn(view: ProgramView): CLibrary | undefined {
  const libraries = ['/lib', '/lib64'].flatMap((folder) => view.names(folder)).map(libraryOf)
  return libraries.find((library) => library !== undefined)
}
