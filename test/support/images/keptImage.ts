import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRegistryImages, type DocumentJson } from '../registry/registryImages.ts'

/*
 * An image as a registry has it, kept in a folder: to put it into the next registry takes a tenth of what it takes to make
 * it anew. `documents.json` has its manifests as texts, the index last; `blobs/` the rest by digest.
 */
interface Documents {
  readonly texts: readonly string[]
  readonly blobs: readonly string[]
}

interface ManifestJson extends DocumentJson {
  readonly manifests?: readonly { readonly digest: string }[]
  readonly config?: { readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
}

const DOCUMENTS = 'documents.json'

/** Keeps `repository:tag` of the registry at `host` in `folder`, which is there whole or not at all. */
export async function keepImage(host: string, [repository, tag]: readonly [string, string], folder: string): Promise<void> {
  const images = createRegistryImages(host)
  const part = `${folder}.${process.pid}.part`
  const read = async (name: string): Promise<Documents> => {
    const { text } = (await images.readDocument(repository, name)) ?? missing(`${repository}:${name}`)
    const { manifests = [], config, layers = [] } = JSON.parse(text) as ManifestJson
    const children: Documents[] = []
    for (const { digest } of manifests) children.push(await read(digest))
    const blobs = [...(config === undefined ? [] : [config]), ...layers].map(({ digest }) => digest)
    return { texts: [...children.flatMap(({ texts }) => texts), text], blobs: [...children.flatMap((child) => child.blobs), ...blobs] }
  }
  const { texts, blobs } = await read(tag)
  await mkdir(join(part, 'blobs'), { recursive: true })
  for (const digest of new Set(blobs)) await writeFile(join(part, 'blobs', digest), await images.readBlob(repository, digest))
  await writeFile(join(part, DOCUMENTS), JSON.stringify({ texts, blobs: [...new Set(blobs)] } satisfies Documents))
  await rename(part, folder).catch(() => rm(part, { recursive: true })) // another one was here first
}

/** Puts what `keepImage` kept in `folder` into another registry. False where nothing is kept. */
export async function putKeptImage(folder: string, host: string, [repository, tag]: readonly [string, string]): Promise<boolean> {
  const kept = await readFile(join(folder, DOCUMENTS), 'utf8').catch(() => undefined)
  if (kept === undefined) return false
  const { texts, blobs } = JSON.parse(kept) as Documents
  const images = createRegistryImages(host)
  for (const digest of blobs) await images.putBlob(repository, await readFile(join(folder, 'blobs', digest)))
  for (const [at, text] of texts.entries()) await images.putText(repository, at === texts.length - 1 ? tag : undefined, text)
  return true
}

function missing(name: string): never {
  throw new Error(`the registry has no ${name}`)
}
