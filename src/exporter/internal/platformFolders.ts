import { InvalidValueError } from '../../ground/errors.ts'
import { asByteString, fromText, type ByteString } from '../../kit/byteString.ts'
import { createAttributeReader, type AttributeReader } from './attributeReader.ts'
import { readEpochOptions, type EpochOptions } from './epochOptions.ts'
import type { BuildResult, PlatformResult } from '../exporter.ts'

/** How files leave their platform's root. */
export interface FolderOptions extends EpochOptions {
  /** Undefined: a folder for each platform where the client asked for several. */
  readonly isSplit: boolean | undefined
  /** What the names of attestations begin with. */
  readonly attestationPrefix: string
}

/** @throws InvalidValueError */
export function readFolderOptions(type: 'tar' | 'local', values: ReadonlyMap<string, string>): FolderOptions {
  const attributes: AttributeReader = createAttributeReader(type, values)
  const isSplit = values.has('platform-split') ? attributes.flag('platform-split', true) : undefined
  // what is deleted in the folder is the client's business
  attributes.choice('mode', ['copy', 'delete'], 'copy')
  attributes.ignore('dest')
  const attestationPrefix = attributes.text('attestation-prefix') ?? ''
  if (/[/\0]/.test(attestationPrefix)) throw new InvalidValueError(`attestation-prefix is the beginning of a file's name, not ${JSON.stringify(attestationPrefix)}`, { hint: 'leave out the slash' })
  const epoch = readEpochOptions(attributes)
  attributes.finish()
  return { isSplit, attestationPrefix, ...epoch }
}

export interface PlatformFolder {
  readonly result: PlatformResult
  /** `linux_arm64`; '' for none. */
  readonly prefix: ByteString
  /** Time of all files: with an epoch it is that, as BuildKit has it, whether times are to be rewritten or not. */
  readonly mtimeNs: bigint | undefined
  readonly attestationPrefix: string
}

/** @throws InvalidValueError where files of several platforms would fall on each other */
export function platformFolders({ platforms, isMultiPlatform }: BuildResult, { isSplit, epochSeconds, attestationPrefix }: FolderOptions): readonly PlatformFolder[] {
  if (isSplit === false && platforms.length > 1) {
    throw new InvalidValueError('files of several platforms would overwrite each other without platform-split', { hint: 'leave out platform-split=false, or build for one platform' })
  }
  const mtimeNs = epochSeconds === undefined ? undefined : BigInt(epochSeconds) * 1_000_000_000n
  const hasFolders = isSplit ?? (isMultiPlatform || platforms.length > 1)
  return platforms.map((result) => ({ result, mtimeNs, attestationPrefix, prefix: hasFolders ? fromText(result.id.replaceAll('/', '_')) : asByteString('') }))
}
