import { digestOf } from '../../ground/digest.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { formatReference, formatRepository, type Reference } from '../../ground/reference.ts'
import { formatIndexDocument, makeIndexDocument } from '../../image/index/indexDocument.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import type { CommandContext } from '../command.ts'
import { publishImage } from '../imagetools/publishImage.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import { isTerminal } from '../terminal.ts'
import { assertPlatform } from './listedManifest.ts'
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
  const [published] = await publishImage(registry, publication, context, signal)
  for (const warning of published?.warnings ?? []) context.stderr.write(`warning: ${warning}\n`)
  for (const { reference, entry } of manifests) {
    const { digest } = entry.descriptor
    if (formatRepository(reference) !== formatRepository(list)) context.stdout.write(`Pushed ref ${formatReference({ ...list, tag: undefined, digest })} with digest: ${digest}\n`)
  }
  context.stdout.write(`${published?.root.digest ?? publication.root.digest}\n`)
  if (isPurged) await lists.remove(list)
}
