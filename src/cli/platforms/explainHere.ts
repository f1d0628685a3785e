import type { EngineClient } from '../../driver/driver.ts'
import { NoNodeForPlatformError } from '../../driver/nodes/chooseNodes.ts'
import { formatPlatform, parsePlatform, type Platform } from '../../ground/platform.ts'
import type { CommandContext } from '../command.ts'
import { openEngine, openEngineFor } from '../engine.ts'
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
  const wanted = written === undefined ? [] : [readWrittenPlatform(written, localPlatform()).platform] // nonsense is told before anything is started
  await using engine = await openNear(wanted, context, signal)
  const { platforms } = await engine.local.describe({}, { signal })
  const native = platforms.filter(({ emulator }) => emulator === '').map(({ platform }) => platform)
  const host = native[0] === undefined ? localPlatform() : parsePlatform(native[0])
  const platform = readWrittenPlatform(written ?? formatPlatform(host), host)
  const { support } = await engine.local.describePlatform({ platform: formatPlatform(platform.platform) }, { signal })
  return explain(platform, { support, native, image: image === undefined ? undefined : await readChoice(image, platform.platform, context, signal) })
}

/** Where no node has the platform, any says why. */
async function openNear(wanted: readonly Platform[], context: CommandContext, signal: AbortSignal): Promise<EngineClient> {
  try {
    return await openEngineFor(wanted, context, signal)
  } catch (error) {
    if (!(error instanceof NoNodeForPlatformError)) throw error
    return await openEngine(context, signal)
  }
}

async function readChoice(name: string, platform: Platform, context: CommandContext, signal: AbortSignal): Promise<ImageChoice> {
  await using image = await openImage(name, context, signal)
  return await readImageChoice(image, platform, signal)
}
