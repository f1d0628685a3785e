import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeTar } from '../../../archive/tarWriter.ts'
import type { OutputRequest } from '../../driver.ts'
import { flagOf } from './flagOf.ts'
import { mergeResponses } from './mergeResponses.ts'
import { putEntries } from './putResult.ts'
import { createSplitArchive } from './splitArchive.ts'
import { createSplitDigest } from './splitDigest.ts'
import { createSplitFolder } from './splitFolder.ts'
import { OutputNotSplitError, type BuildOutputs, type DoneBuild, type MergedImage, type MergeParts, type SplitOutput } from './splitOutput.ts'
import { createSplitPush } from './splitPush.ts'
import { createSplitTar } from './splitTar.ts'
import { toArchive } from './wholeOutputs.ts'

/** The outputs of a build that is split. Pushes come last, so that the response tells the digest of the last. @throws OutputNotSplitError */
export function createSplitOutputs(outputs: readonly OutputRequest[], parts: MergeParts): BuildOutputs {
  const rest = outputs.filter((output) => !isPush(output)).map((output, index) => createSplitOutput(output, index, parts))
  const [push, ...pushes] = groupPushes(outputs.filter(isPush)).map((group) => createSplitPush(group, parts))
  const solves: readonly [readonly SplitOutput[], ...(readonly SplitOutput[])[]] = [[...rest, ...(push === undefined ? [] : [push])], ...pushes.map((one) => [one])]
  return {
    requestsFor: (part) => mapSolves(solves, (split) => split.map((output) => output.requestFor(part))),
    async keep({ part, responses }, signal) {
      await Promise.all(solves.flatMap((split, index) => split.map(async (output) => await output.keep?.({ part, response: responses[index] ?? new Map() }, signal))))
    },
    async merge({ platforms, parts: solved }, signal) {
      let image: MergedImage | undefined
      for (const [index, split] of solves.entries()) {
        const build: DoneBuild = { platforms, parts: solved.map(({ part, responses }) => ({ part, response: responses[index] ?? new Map() })) }
        for (const output of split) image = (await output.merge(build, signal)) ?? image
      }
      return mergeResponses(solved.flatMap(({ responses }) => responses.slice(0, 1)), image)
    },
  }
}

function mapSolves<T, R>([first, ...others]: readonly [T, ...T[]], map: (value: T) => R): readonly [R, ...R[]] {
  return [map(first), ...others.map(map)]
}

function isPush({ attributes }: OutputRequest): boolean {
  return flagOf(attributes, 'push', false)
}

/** Of pushes where it is one image that goes to several places, a node makes one; what differs in the image is another solve, which finds all built. */
function groupPushes(pushes: readonly OutputRequest[]): readonly (readonly [OutputRequest, ...OutputRequest[]])[] {
  const image = ({ type, attributes }: OutputRequest): string => JSON.stringify([type, ...[...attributes].filter(([key]) => !OF_PLACES.has(key)).toSorted(([a], [b]) => (a < b ? -1 : 1))])
  return [...Map.groupBy(pushes, image).values()].flatMap(([first, ...others]) => (first === undefined ? [] : [[first, ...others] as const]))
}

const OF_PLACES: ReadonlySet<string> = new Set(['name', 'push', 'push-by-digest'])

function createSplitOutput(output: OutputRequest, index: number, parts: MergeParts): SplitOutput {
  const folder = (): string => {
    const path = join(parts.scratch(), `output${index}`)
    mkdirSync(path, { recursive: true })
    return path
  }
  switch (output.type) {
    case 'image':
    case 'store':
      return (output.attributes.get('name') ?? '') === '' ? createSplitDigest(output, { folder: folder(), now: parts.now }) : createSplitStore(output, folder(), parts)
    case 'oci':
      return createSplitArchive(output, { folder: folder(), now: parts.now, put: (entries, signal) => putEntries(entries, output.destination, parts.stdout, signal) })
    case 'tar':
      return createSplitTar(output, { folder: folder(), put: (entries, signal) => putEntries(entries, output.destination, parts.stdout, signal) })
    case 'local':
      return createSplitFolder(output)
    case 'docker':
      throw new OutputNotSplitError('Docker\'s archive holds one platform', { hint: 'build one platform, or use --output type=oci' })
  }
}

/** The local store takes it as an archive. */
function createSplitStore(output: OutputRequest, folder: string, { now, storeArchive }: MergeParts): SplitOutput {
  return createSplitArchive(toArchive(output, storeArchive), { folder, now, put: (entries, signal) => storeArchive(writeTar(entries), signal) })
}
