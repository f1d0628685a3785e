import { formatPlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import type { CommandContext } from '../command.ts'
import { openEngine } from '../engine.ts'
import { openImage } from '../images/openImage.ts'
import { localPlatform } from '../localPlatform.ts'
import { explain, type Explanation, type ImageChoice } from './explanation.ts'
import { readImageChoice } from './imageChoice.ts'
import { readWrittenPlatform } from './writtenPlatform.ts'

export interface ExplainRequest {
  /** As the user wrote it; undefined is the machine's own. */
  readonly written: string | undefined
  /** A name, layout or archive, of which the platform's image is looked for. */
  readonly image: string | undefined
}

/** Asks the engine, which may be another machine's. @throws UsageError where there is no such platform */
export async function explainHere({ written, image }: ExplainRequest, context: CommandContext, signal: AbortSignal): Promise<Explanation> {
  if (written !== undefined) readWrittenPlatform(written, localPlatform()) // nonsense is told before anything is started
  await using engine = await openEngine(context, signal)
  const { platforms } = await engine.local.describe({}, { signal })
  const native = platforms.filter(({ emulator }) => emulator === '').map(({ platform }) => platform)
  const host = native[0] === undefined ? localPlatform() : parsePlatform(native[0])
  const platform = readWrittenPlatform(written ?? formatPlatform(host), host)
  const { support } = await engine.local.describePlatform({ platform: formatPlatform(platform.platform) }, { signal })
  return explain(platform, { support, native, image: image === undefined ? undefined : await readChoice(image, platform.platform, context, signal) })
}

async function readChoice(name: string, platform: Platform, context: CommandContext, signal: AbortSignal): Promise<ImageChoice> {
  await using image = await openImage(name, context, signal)
  return await readImageChoice(image, platform, signal)
}
