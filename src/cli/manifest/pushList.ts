import { digestOf } from '../../ground/digest.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { formatReference, formatRepository, type Reference } from '../../ground/reference.ts'
import { formatIndexDocument, makeIndexDocument } from '../../image/index/indexDocument.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import type { CommandContext } from '../command.ts'
import { publishImage, type Published } from '../imagetools/publishImage.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import { isTerminal } from '../terminal.ts'
import { assertPlatform, type ListedManifest } from './listedManifest.ts'
import { openManifestLists } from './openManifestLists.ts'

export interface ListPush {
  readonly isInsecure: boolean
  readonly isPurged: boolean
}

/** Prints the digest, as Docker does, and before it what came from other repositories. @throws ListNotFoundError; PlatformUnnamedError; RegistryError */
export async function pushList(list: Reference, { isInsecure, isPurged }: ListPush, context: CommandContext, signal: AbortSignal): Promise<void> {
  const lists = openManifestLists(context)
  const manifests = await lists.require(list)
  manifests.forEach(assertPlatform)
  const document = makeIndexDocument(manifests.map(({ entry }) => entry))
  const bytes = formatIndexDocument(document)
  await using registry = await openRegistry(withInsecureRegistries(context, isInsecure ? [list, ...manifests.map(({ reference }) => reference)].map(({ host }) => host) : []))
  const publication = {
    root: describeBlob(document.mediaType, digestOf(bytes), bytes.byteLength),
    document: bytes,
    places: manifests.map(({ reference, entry }) => ({ repository: reference, descriptor: entry.descriptor })),
    tags: [list],
    replaces: undefined,
    progress: isTerminal(context.stderr, context.env) ? ('tty' as const) : ('none' as const),
  }
  for (const published of await publishImage(registry, publication, context, signal)) report(published, { list, manifests }, context)
  if (isPurged) await lists.remove(list)
}

function report({ root, replaced, warnings }: Published, { list, manifests }: { readonly list: Reference; readonly manifests: readonly ListedManifest[] }, { stdout, stderr }: CommandContext): void {
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
  for (const { reference, entry } of manifests) {
    const digest = replaced.get(entry.descriptor.digest)?.digest ?? entry.descriptor.digest
    if (formatRepository(reference) !== formatRepository(list)) stdout.write(`Pushed ref ${formatReference({ ...list, tag: undefined, digest })} with digest: ${digest}\n`)
  }
  stdout.write(`${root.digest}\n`)
}
