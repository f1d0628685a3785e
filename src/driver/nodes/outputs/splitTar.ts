import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { TarEntry } from '../../../archive/tar.ts'
import { readTar } from '../../../archive/tarReader.ts'
import { formatPlatform, isSamePlatform, type Platform } from '../../../ground/platform.ts'
import { fromText } from '../../../kit/byteString.ts'
import type { OutputRequest } from '../../driver.ts'
import { assertSplits } from './splitFolder.ts'
import type { BuildPart, DoneBuild, SplitOutput } from './splitOutput.ts'

export interface SplitTarOptions {
  /** A folder for the archives of the parts. */
  readonly folder: string
  /** Takes the archive of all platforms. */
  readonly put: (entries: AsyncIterable<TarEntry>, signal: AbortSignal) => Promise<void>
}

/** One archive of the files of all platforms, a folder for each. @throws OutputNotSplitError */
export function createSplitTar(output: OutputRequest, { folder, put }: SplitTarOptions): SplitOutput {
  assertSplits(output)
  const files = new Map<BuildPart, string>()
  return {
    requestFor(part) {
      const path = join(folder, `${randomUUID()}.tar`)
      files.set(part, path)
      return { ...output, destination: { kind: 'file', path } }
    },
    async merge(build, signal) {
      await put(entriesOf(build, files), signal)
      return undefined
    },
  }
}

/** Platform by platform, as one engine would have written them. */
async function* entriesOf({ platforms, parts }: DoneBuild, files: ReadonlyMap<BuildPart, string>): AsyncGenerator<TarEntry> {
  for (const platform of platforms) {
    const found = parts.find(({ part }) => part.platforms.some((one) => isSamePlatform(one, platform)))
    const path = found === undefined ? undefined : files.get(found.part)
    if (path !== undefined) yield* entriesUnder(path, platform)
  }
}

async function* entriesUnder(path: string, platform: Platform): AsyncGenerator<TarEntry> {
  const name = formatPlatform(platform).replaceAll('/', '_')
  const [folder, inside] = [fromText(name), fromText(`${name}/`)]
  for await (const entry of readTar(createReadStream(path, { highWaterMark: READ_BYTES }))) {
    if (entry.header.path === folder || entry.header.path.startsWith(inside)) yield entry
  }
}

const READ_BYTES = 256 * 1024
