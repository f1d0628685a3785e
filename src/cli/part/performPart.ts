import { parseDigest } from '../../ground/digest.ts'
import { formatRepository, parseReference, type Reference } from '../../ground/reference.ts'
import { VERSION } from '../../ground/version.ts'
import { isIndexType } from '../../ground/oci/mediaType.ts'
import { parseIndex } from '../../image/manifestJson.ts'
import type { BuildFlags } from '../build/buildFlags.ts'
import { performBuild, withInsecureRegistries } from '../build/performBuild.ts'
import { prepareBuild, type BuildStep } from '../build/prepareBuild.ts'
import type { CommandContext } from '../command.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import type { BuildPart } from './buildPart.ts'
import { clearPartFile, writePartFile } from './partFile.ts'
import { partFlags } from './partOutput.ts'
import { watchSource } from './readSource.ts'

/** A build for `--part`: pushed by digest as an index, however many platforms it has; the part's file is written when the registry has it all. @throws UsageError; what the engine throws */
export async function performPart(flags: BuildFlags, written: string, path: string, { context, signal }: { readonly context: CommandContext; readonly signal: AbortSignal }): Promise<void> {
  const prepared = await prepareBuild(partFlags(flags), { path }, context, signal)
  for (const notice of prepared.notices) context.stderr.write(`${notice}\n`)
  const [request] = prepared.requests
  const place = await clearPartFile(written, context.workingFolder)
  const watched = await watchSource(request, context.env, signal)
  const step: BuildStep = { ...watched.step, attributes: new Map([...watched.step.attributes, ['multi-platform', 'true']]) }
  const { digest } = await performBuild({ ...prepared, requests: [step] }, context, signal)
  const name = request.outputs[0]?.attributes.get('name') ?? ''
  const reference: Reference = { ...parseReference(name), tag: undefined, digest: parseDigest(digest ?? '') }
  const index = await fetchIndex(reference, withInsecureRegistries(context, flags['insecure-registry']), signal)
  await writePartFile(place, { repository: { host: reference.host, repository: reference.repository }, index, source: watched.source(), pelagoVersion: VERSION, createdAt: new Date(context.now()).toISOString() })
  if (!flags.quiet) context.stderr.write(`wrote ${written}: a part of ${formatRepository(reference)}\n`)
}

/** As the registry has it now. */
async function fetchIndex(reference: Reference, context: CommandContext, signal: AbortSignal): Promise<BuildPart['index']> {
  await using registry = await openRegistry(context)
  const descriptor = await registry.resolve(reference, signal)
  if (!isIndexType(descriptor.mediaType)) throw new TypeError(`the build of a part gave no index but ${descriptor.mediaType}`)
  return parseIndex(await registry.fetchManifest(reference, descriptor, signal), descriptor.mediaType)
}
