import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFileStore } from '../../content/fileStore.ts'
import type { EngineClient, OutputRequest } from '../../driver/driver.ts'
import { createSolve } from '../../driver/solve.ts'
import { MEDIA_TYPE } from '../../ground/oci/mediaType.ts'
import type { ReadableImage } from '../images/imagePlatforms.ts'
import { ImageInvalidError } from '../../image/imageError.ts'
import { parseIndex } from '../../image/manifestJson.ts'
import type { BuildStep } from '../build/prepareBuild.ts'
import { clientParts } from '../clientParts.ts'
import type { CommandContext } from '../command.ts'
import { splitCsv, splitKeyValue } from '../flags/csv.ts'
import { userCredentials } from '../registry/registryAccess.ts'
import { openDisplay } from '../render/display.ts'
import type { ProgressMode } from '../render/progressMode.ts'

export interface LayoutBuild {
  readonly step: BuildStep
  /** Of the exporter. */
  readonly attributes: ReadonlyMap<string, string>
  readonly folder: string
  readonly progress: ProgressMode
}

/** Builds into an OCI layout in `folder`. */
export async function buildLayout(engine: EngineClient, { step, attributes, folder, progress }: LayoutBuild, context: CommandContext, signal: AbortSignal): Promise<ReadableImage> {
  const output: OutputRequest = { type: 'oci', attributes: new Map([...attributes, ['tar', 'false']]), destination: { kind: 'folder', path: folder } }
  {
    using display = openDisplay(progress, context)
    await createSolve(clientParts(context))(engine, { ...step, outputs: [output], credentials: userCredentials(context) }, display.sink, signal)
  }
  const [root] = parseIndex(await readFile(join(folder, 'index.json')), MEDIA_TYPE.ociIndex).manifests
  if (root === undefined) throw new ImageInvalidError('the build gave no image')
  return { name: 'the build', store: await openFileStore({ folder, now: context.now }, signal), root: { ...root, annotations: new Map() } }
}

/** What of `--output` says how the image is made, and not where it goes. @throws UsageError */
export function imageAttributes(outputs: readonly string[]): ReadonlyMap<string, string> {
  const fields = outputs.flatMap((text) => splitCsv(text).map((field) => splitKeyValue(field.trim())))
  return new Map(fields.flatMap(({ key, value }) => (OF_IMAGES.has(key) || key.startsWith('annotation') ? [[key, value ?? '']] : [])))
}

const OF_IMAGES: ReadonlySet<string> = new Set(['compression', 'compression-level', 'force-compression', 'oci-mediatypes', 'rewrite-timestamp', 'source-date-epoch'])
