import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex, digestOf } from '../../ground/digest.ts'
import { BuildError } from '../../ground/errors.ts'
import { formatReference, type Reference } from '../../ground/reference.ts'
import { writeFileAtomically } from '../../kit/files/atomicFile.ts'
import { ifThere } from '../../kit/files/ifThere.ts'
import { formatListed, parseListed, type ListedManifest } from './listedManifest.ts'

/** The lists that `manifest create` makes and `manifest push` pushes: a folder each, and in it a file a manifest, so that several commands may change one list. */
export interface ManifestLists {
  /** In Docker's order; undefined where there is no such list. */
  read(list: Reference): Promise<readonly ListedManifest[] | undefined>
  /** @throws ListNotFoundError */
  require(list: Reference): Promise<readonly ListedManifest[]>
  /** Of one image; undefined where the list has it not. */
  find(list: Reference, manifest: Reference): Promise<ListedManifest | undefined>
  /** In place of an earlier one of the same reference. */
  put(list: Reference, manifest: ListedManifest): Promise<void>
  /** Idempotent. */
  remove(list: Reference): Promise<void>
}

export class ListNotFoundError extends BuildError {
  readonly kind = 'not-found'
}

export function createManifestLists(folder: string): ManifestLists {
  const folderOf = (list: Reference): string => join(folder, fileName(list))
  const pathOf = (list: Reference, manifest: Reference): string => join(folderOf(list), `${fileName(manifest)}.json`)

  const read: ManifestLists['read'] = async (list) => {
    const names = await ifThere(readdir(folderOf(list)))
    if (names === undefined) return undefined
    const found: ListedManifest[] = []
    for (const name of names.filter((entry) => entry.endsWith('.json') && !entry.startsWith('.'))) {
      const path = join(folderOf(list), name)
      found.push(parseListed(await readFile(path, 'utf8'), path))
    }
    return found.toSorted((a, b) => (dockerName(a.reference) < dockerName(b.reference) ? -1 : 1))
  }

  return {
    read,
    async require(list) {
      const found = await read(list)
      if (found !== undefined && found.length > 0) return found
      throw new ListNotFoundError(`no such manifest list: ${formatReference(list)}`, { hint: `make it: pelago manifest create ${formatReference(list)} MANIFEST…` })
    },
    async find(list, manifest) {
      const path = pathOf(list, manifest)
      const text = await ifThere(readFile(path, 'utf8'))
      return text === undefined ? undefined : parseListed(text, path)
    },
    async put(list, manifest) {
      await mkdir(folderOf(list), { recursive: true })
      await writeFileAtomically(pathOf(list, manifest.reference), formatListed(manifest), { mode: 0o644 })
    },
    async remove(list) {
      await rm(folderOf(list), { recursive: true, force: true })
    },
  }
}

/** To be read by people; what makes it one of its own is the end. */
function fileName(reference: Reference): string {
  const name = formatReference(reference)
  return `${name.replace(/[^A-Za-z0-9.-]+/g, '_').slice(0, 100)}-${digestHex(digestOf(name)).slice(0, 12)}`
}

/** Docker lists by the names of its files. */
function dockerName(reference: Reference): string {
  return formatReference(reference).replaceAll(':', '-').replaceAll('/', '_')
}
