import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { LAYOUT_INDEX, LAYOUT_INDEX_LOCK } from '../content/layoutFiles.ts'
import type { Json } from '../ground/canonicalJson.ts'
import type { Descriptor } from '../ground/oci/descriptor.ts'
import { MEDIA_TYPE } from '../ground/oci/mediaType.ts'
import { writeFileAtomically } from '../kit/files/atomicFile.ts'
import { acquireLock } from '../kit/files/fileLock.ts'
import { ifThere } from '../kit/files/ifThere.ts'
import { formatIndexDocument, makeIndexDocument, parseEntry, parseIndexDocument, withEntries, type IndexDocument, type IndexEntry } from './index/indexDocument.ts'
import { formatDescriptor } from './manifestJson.ts'
import { IMAGE_NAME_ANNOTATION, REF_NAME_ANNOTATION } from './ociLayout.ts'

/** What `tag` stands for in the OCI layout `folder`; undefined where nothing has it, or there is no layout. An image's full name goes before a tag, as in BuildKit. @throws ImageInvalidError */
export async function readLayoutTag(folder: string, tag: string): Promise<Descriptor | undefined> {
  const entries = (await readIndexDocument(folder))?.entries ?? []
  const called = (annotation: string): IndexEntry | undefined => entries.find(({ descriptor }) => descriptor.annotations.get(annotation) === tag)
  return (called(IMAGE_NAME_ANNOTATION) ?? called(REF_NAME_ANNOTATION))?.descriptor
}

/** What stands in the OCI layout `folder` under tags that `isMeant`, by tag. @throws ImageInvalidError */
export async function readLayoutTags(folder: string, isMeant: (tag: string) => boolean): Promise<ReadonlyMap<string, Descriptor>> {
  const entries = (await readIndexDocument(folder))?.entries ?? []
  return new Map(entries.flatMap(({ descriptor }) => {
    const tag = descriptor.annotations.get(REF_NAME_ANNOTATION)
    return tag === undefined || !isMeant(tag) ? [] : [[tag, descriptor] as const]
  }))
}

/** Has `tag` stand for `root` in the OCI layout `folder`, and leaves the rest of its index as it is. Others may do so at once, in other processes and programs too: they share BuildKit's lock. @throws ImageInvalidError */
export async function writeLayoutTag(folder: string, tag: string, root: Descriptor, signal: AbortSignal): Promise<void> {
  const lock = await acquireLock(join(folder, LAYOUT_INDEX_LOCK), 'exclusive', signal)
  try {
    const document = (await readIndexDocument(folder)) ?? withEntries(makeIndexDocument([]), [])
    const others = document.entries.filter(({ descriptor: { annotations } }) => annotations.get(REF_NAME_ANNOTATION) !== tag || (annotations.get(IMAGE_NAME_ANNOTATION) ?? '') !== '')
    const bytes = formatIndexDocument({ ...document, entries: [...others, tagged(root, tag)] })
    await writeFileAtomically(join(folder, LAYOUT_INDEX), bytes, { mode: 0o644 })
  } finally {
    lock.remove()
  }
}

async function readIndexDocument(folder: string): Promise<IndexDocument | undefined> {
  const bytes = await ifThere(readFile(join(folder, LAYOUT_INDEX)))
  return bytes === undefined || bytes.byteLength === 0 ? undefined : parseIndexDocument(bytes, MEDIA_TYPE.ociIndex)
}

function tagged(root: Descriptor, tag: string): IndexEntry {
  const named = { ...root, annotations: new Map([...root.annotations, [REF_NAME_ANNOTATION, tag]]) }
  return parseEntry(JSON.parse(Buffer.from(formatDescriptor(named)).toString()) as Readonly<Record<string, Json>>)
}
