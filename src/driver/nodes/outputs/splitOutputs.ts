import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { writeTar } from '../../../archive/tarWriter.ts'
import type { OutputRequest } from '../../driver.ts'
import { flagOf } from './flagOf.ts'
import { mergeResponses } from './mergeResponses.ts'
import { putEntries } from './putResult.ts'
import { createSplitArchive } from './splitArchive.ts'
import { createSplitFolder } from './splitFolder.ts'
import { OutputNotSplitError, type BuildOutputs, type MergedImage, type MergeParts, type SplitOutput } from './splitOutput.ts'
import { createSplitPush } from './splitPush.ts'
import { createSplitTar } from './splitTar.ts'
import { toArchive } from './wholeOutputs.ts'

/** The outputs of a build that is split. A push comes last, so that the response tells its digest. @throws OutputNotSplitError */
export function createSplitOutputs(outputs: readonly OutputRequest[], parts: MergeParts): BuildOutputs {
  const isPush = ({ attributes }: OutputRequest): boolean => flagOf(attributes, 'push', false)
  if (outputs.filter(isPush).length > 1) throw new OutputNotSplitError('several outputs that push cannot be merged of several nodes', { hint: 'name all references in one of them: name=A,B, or --tag A --tag B' })
  const split = [...outputs.filter((output) => !isPush(output)), ...outputs.filter(isPush)].map((output, index) => createSplitOutput(output, index, parts))
  return {
    requestsFor: (part) => split.map((output) => output.requestFor(part)),
    async merge(build, signal) {
      let image: MergedImage | undefined
      for (const output of split) image = (await output.merge(build, signal)) ?? image
      return mergeResponses(build.parts.map(({ response }) => response), image)
    },
  }
}

function createSplitOutput(output: OutputRequest, index: number, parts: MergeParts): SplitOutput {
  const folder = (): string => {
    const path = join(parts.scratch(), `output${index}`)
    mkdirSync(path, { recursive: true })
    return path
  }
  switch (output.type) {
    case 'image':
    case 'store':
      return flagOf(output.attributes, 'push', false) ? createSplitPush(output, parts) : createSplitStore(output, folder(), parts)
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
  const isNamed = (output.attributes.get('name') ?? '') !== ''
  return createSplitArchive(toArchive(output, storeArchive), { folder, now, put: async (entries, signal) => (isNamed ? await storeArchive(writeTar(entries), signal) : undefined) })
}
