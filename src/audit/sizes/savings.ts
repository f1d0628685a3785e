import { textOfBytes, type ByteString } from '../../kit/byteString.ts'
import { categoryOf, type FileCategory } from './fileCategory.ts'
import type { ImageFile, ImageFiles, WasteKind } from './imageFiles.ts'

/** What an image could do without, and how. */
export interface Saving {
  /** Stable: programs read it. */
  readonly rule: string
  readonly title: string
  readonly remedy: string
  /** The layer that has the bytes, from 0. */
  readonly layer: number
  /** The layer that hides them; undefined where they are in sight. */
  readonly byLayer: number | undefined
  /** Unpacked. */
  readonly sizeBytes: number
  readonly fileCount: number
  /** The biggest, a few. */
  readonly examples: readonly SizedPath[]
}

export interface SizedPath {
  /** With a slash in front. */
  readonly path: string
  readonly sizeBytes: number
}

const MAX_EXAMPLES = 5
/** Less is not worth a line in a Dockerfile. */
const LEAST_BYTES = 10_000
/** Smaller files are often equal by nature: empty lists, licence notes. */
const LEAST_DUPLICATE_BYTES = 4096

/** The biggest first. One file may count for several: the symbols of a program that is there twice. */
export function findSavings(image: ImageFiles): readonly Saving[] {
  const found = [...wastedBytes(image), ...unneededFiles(image), ...unstripped(image), ...duplicates(image)]
  return found.filter(({ sizeBytes }) => sizeBytes >= LEAST_BYTES).toSorted((a, b) => b.sizeBytes - a.sizeBytes)
}

const WASTE: Readonly<Record<WasteKind, Pick<Saving, 'rule' | 'title' | 'remedy'>>> = {
  deleted: { rule: 'deleted-later', title: 'files that a later step deletes', remedy: 'delete them in the RUN that makes them, or keep them out: RUN --mount=type=cache or type=bind, COPY --from a stage' },
  replaced: { rule: 'replaced-later', title: 'files that a later step writes anew', remedy: 'write them once: join the steps, or change the file before it is copied' },
  touched: { rule: 'touched-later', title: 'files of which a later step changes mode, owner or time alone', remedy: 'set them when the file comes: COPY --chmod, COPY --chown, chmod in the same RUN' },
}

function wastedBytes({ wasted }: ImageFiles): readonly Saving[] {
  const groups = Map.groupBy(wasted, ({ how, layer, byLayer }) => `${how} ${layer} ${byLayer}`)
  return [...groups.values()].flatMap((files) => {
    const [first] = files
    return first === undefined ? [] : [{ ...WASTE[first.how], layer: first.layer, byLayer: first.byLayer, ...measure(files) }]
  })
}

function unneededFiles({ files }: ImageFiles): readonly Saving[] {
  const groups = new Map<string, { readonly category: FileCategory; readonly layer: number; readonly files: ImageFile[] }>()
  for (const file of files) {
    const category = categoryOf(file.path)
    if (category === undefined) continue
    const key = `${category.title} ${file.layer}`
    const group = groups.get(key) ?? { category, layer: file.layer, files: [] }
    groups.set(key, group)
    group.files.push(file)
  }
  return [...groups.values()].map(({ category: { rule, title, remedy }, layer, files: own }) => ({ rule, title, remedy, layer, byLayer: undefined, ...measure(own) }))
}

function unstripped({ files }: ImageFiles): readonly Saving[] {
  const withSymbols = files.filter(({ symbolBytes, path }) => symbolBytes > 0 && categoryOf(path)?.rule !== 'debug-files')
  const groups = Map.groupBy(withSymbols, ({ layer }) => layer)
  return [...groups].map(([layer, own]) => ({
    rule: 'symbols',
    title: 'symbols of programs and libraries that are not stripped',
    remedy: 'in the step that makes them: strip --strip-unneeded FILE; go build -ldflags="-s -w"; cargo: strip = true in [profile.release]',
    layer,
    byLayer: undefined,
    ...measure(own.map(({ path, symbolBytes }) => ({ path, sizeBytes: symbolBytes }))),
  }))
}

/** All but the lowest of each content; what would go anyway is not counted again. */
function duplicates({ files }: ImageFiles): readonly Saving[] {
  const kept = files.filter(({ path, sizeBytes }) => sizeBytes >= LEAST_DUPLICATE_BYTES && categoryOf(path) === undefined)
  const same = Map.groupBy(kept, ({ content, sizeBytes }) => `${sizeBytes} ${content}`)
  const extra = [...same.values()].flatMap((group) => group.toSorted((a, b) => a.layer - b.layer || a.path.length - b.path.length).slice(1))
  return [...Map.groupBy(extra, ({ layer }) => layer)].map(([layer, own]) => ({
    rule: 'duplicates',
    title: 'files that are there under another name, too',
    remedy: 'keep one, and link to it: ln, ln -s; in COPY take only what is needed',
    layer,
    byLayer: undefined,
    ...measure(own),
  }))
}

/** Also of other lists of files: all of it, and the biggest. */
export function measure(files: readonly { readonly path: ByteString; readonly sizeBytes: number }[]): Pick<Saving, 'sizeBytes' | 'fileCount' | 'examples'> {
  const biggest = files.toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1)).slice(0, MAX_EXAMPLES)
  return {
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    fileCount: files.length,
    examples: biggest.map(({ path, sizeBytes }) => ({ path: `/${textOfBytes(path)}`, sizeBytes })),
  }
}
