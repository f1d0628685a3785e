import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { digestOf } from '../../ground/digest.ts'
import { describeBlob } from '../../ground/oci/descriptor.ts'
import { formatPlatform } from '../../ground/platform.ts'
import { formatIndex } from '../../image/manifestJson.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import { parseTags } from '../build/outputs.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { parsePlatformFlags } from '../localPlatform.ts'
import { readPartFile } from '../part/partFile.ts'
import { openRegistry } from '../registry/registryAccess.ts'
import { formatMergeReport, mergeMetadata } from './mergeReport.ts'
import type { MergeFlags } from './mergeFlags.ts'
import { describeSourceDifferences, mergeEntries, mergeIndex, missingPlatforms, type MergedImage, type NamedPart, platformsOf, PlatformsMissingError, SourcesDifferError } from './mergeParts.ts'
import { publishIndex, type Published } from './publishIndex.ts'

/** The exit code. @throws UsageError; InvalidValueError; BuildErrors for parts that do not fit together; RegistryError */
export async function performMerge(flags: MergeFlags, files: readonly string[], context: CommandContext, signal: AbortSignal): Promise<number> {
  const tags = parseTags(flags.tag)
  if (tags.length === 0 && !flags['dry-run']) throw new UsageError('nothing says where to publish the parts', { hint: 'name the image: --tag HOST/NAME:TAG' })
  const expected = parsePlatformFlags(flags.expect)
  const annotations = parseAnnotations(flags.annotation)
  const parts = await readParts(files, context)
  checkSources(parts, flags, context)
  const merged = merge(parts, annotations)
  const missing = missingPlatforms(expected, platformsOf(merged.entries.map(({ descriptor }) => descriptor)))
  if (missing.length > 0) throw new PlatformsMissingError(`no part has ${missing.map(formatPlatform).join(', ')}`, { hint: `the parts have ${describePlatforms(merged)}; see what became of the other builds` })
  await using registry = await openRegistry(withInsecureRegistries(context, flags['insecure-registry']))
  const published = await publishIndex(registry, { merged, tags, allowsFewer: flags['allow-fewer-platforms'], isDry: flags['dry-run'] }, context, signal)
  await report(merged, published, flags, context)
  return EXIT.done
}

async function readParts(files: readonly string[], { workingFolder }: CommandContext): Promise<readonly NamedPart[]> {
  const parts: NamedPart[] = []
  for (const name of files) parts.push({ name, part: await readPartFile(name, workingFolder) })
  return parts
}

function checkSources(parts: readonly NamedPart[], flags: MergeFlags, { stderr }: CommandContext): void {
  const differences = describeSourceDifferences(parts)
  if (differences.length === 0) return
  if (!flags['allow-different-sources']) throw new SourcesDifferError(differences)
  stderr.write(`note: the parts were not built from the same source:\n${differences.map((line) => `  ${line}\n`).join('')}`)
}

function merge(parts: readonly NamedPart[], annotations: ReadonlyMap<string, string>): MergedImage {
  const entries = mergeEntries(parts)
  const index = mergeIndex({ entries, parts, annotations })
  const bytes = formatIndex(index)
  return { root: describeBlob(index.mediaType, digestOf(bytes), bytes.byteLength), bytes, entries }
}

function describePlatforms({ entries }: MergedImage): string {
  return platformsOf(entries.map(({ descriptor }) => descriptor)).map(formatPlatform).join(', ')
}

/** @throws UsageError */
function parseAnnotations(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [, type = 'index', key = '', value = ''] = /^(?:([a-z-]+(?:\[[^\]]*\])?):)?([^=:]+(?::[^=]*)?)=(.*)$/s.exec(text) ?? []
      if (key === '') throw new UsageError(`invalid --annotation: ${JSON.stringify(text)}`, { hint: 'write index:KEY=VALUE' })
      if (type !== 'index') throw new UsageError(`--annotation ${text}: the parts have their manifests already`, { hint: 'give it to the build, or write index:KEY=VALUE' })
      return [key, value] as const
    }),
  )
}

async function report(merged: MergedImage, published: readonly Published[], flags: MergeFlags, { stdout, workingFolder }: CommandContext): Promise<void> {
  const metadata = mergeMetadata(merged, published)
  if (flags['metadata-file'] !== undefined) await writeFile(resolve(workingFolder, flags['metadata-file']), `${JSON.stringify(metadata, undefined, 2)}\n`)
  if (flags['dry-run']) stdout.write(merged.bytes)
  else if (flags.format === 'json') stdout.write(`${JSON.stringify(metadata, undefined, 2)}\n`)
  else stdout.write(formatMergeReport(merged, published, stdout.isTTY === true))
}
