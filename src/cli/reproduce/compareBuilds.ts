import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { requestedPlatforms } from '../../driver/nodes/partRequest.ts'
import { compareImages } from '../../image/difference/imageDifference.ts'
import { createTempFolder } from '../../kit/files/tempFolder.ts'
import { withInsecureRegistries } from '../build/performBuild.ts'
import { prepareBuild, type PreparedBuild } from '../build/prepareBuild.ts'
import type { CommandContext } from '../command.ts'
import { readCompared } from '../compare/readCompared.ts'
import { openEngineFor } from '../engine.ts'
import { openImage } from '../images/openImage.ts'
import { EXIT } from '../exitCode.ts'
import { UsageError } from '../flags/usageError.ts'
import { buildLayout, imageAttributes } from './buildLayout.ts'
import { differencesJson, formatDifferences } from './formatDifferences.ts'
import type { ReproduceFlags } from './reproduceFlags.ts'

/** Whoever writes down the second in which it runs must be caught by the second build. */
const APART_MS = 1_100

/** Builds twice, or once where there is something to compare with, and tells what differs. Exit code 1 where something does. */
export async function compareBuilds(flags: ReproduceFlags, path: string, context: CommandContext, signal: AbortSignal): Promise<number> {
  const prepared = await prepare(flags, path, context, signal)
  await using scratch = createTempFolder(join(context.env['TMPDIR'] ?? tmpdir(), 'pelago-reproduce'))
  const [step] = prepared.requests
  await using engine = await openEngineFor(requestedPlatforms(step), withInsecureRegistries(context, flags['insecure-registry']), signal)
  const build = (name: string): ReturnType<typeof buildLayout> => buildLayout(engine, { step, attributes: attributesOf(flags), folder: join(scratch.path, name), progress: prepared.progress }, context, signal)
  const { against } = flags
  await using other = against === undefined ? undefined : await openImage(against, context, signal)
  const first = other ?? (await build('first'))
  if (other === undefined) await delay(APART_MS, undefined, { signal })
  const second = await build('second')
  const found = await compareImages(await readCompared(first, [], signal), await readCompared(second, [], signal), join(scratch.path, 'files'), signal)
  const sides = against === undefined ? (['first build', 'second build'] as const) : ([against, 'build'] as const)
  if (flags.format === 'json') context.stdout.write(differencesJson(found))
  else context.stdout.write(found.length === 0 ? `the same: ${against === undefined ? 'both builds came to' : `${against} and the build are`} ${second.root.digest}\n` : formatDifferences(found, sides))
  return found.length === 0 ? EXIT.done : EXIT.failed
}

/** As `build` reads its command line, with every step to be run anew. */
async function prepare(flags: ReproduceFlags, path: string, context: CommandContext, signal: AbortSignal): Promise<PreparedBuild> {
  if (path === '-') throw new UsageError('a context on stdin can be read once only', { hint: 'unpack it, and give the folder' })
  const none = { output: [], tag: [], push: false, load: false, quiet: false, check: false, call: 'build', iidfile: undefined, 'metadata-file': undefined, part: undefined, audit: 'off', 'keep-going': false } as const
  return await prepareBuild({ ...flags, ...none, 'no-cache': true }, { path }, context, signal)
}

/** Compression is left out where nobody asks for it: equal layers are equal bytes with it, too. */
function attributesOf({ output, against }: ReproduceFlags): ReadonlyMap<string, string> {
  const asked = imageAttributes(output)
  return asked.has('compression') || against !== undefined ? asked : new Map([...asked, ['compression', 'uncompressed']])
}
