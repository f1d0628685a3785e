import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { MessageInitShape } from '@bufbuild/protobuf'
import type { VolumeSchema } from '../../api/gen/local_pb.ts'
import { splitCsv, splitKeyValue } from '../flags/csv.ts'
import { UsageError } from '../flags/usageError.ts'

export type VolumeInit = MessageInitShape<typeof VolumeSchema>

/** `--volume SOURCE:TARGET[:ro]`: a source that is missing is made. @throws UsageError */
export function parseVolume(text: string, workingFolder: string): VolumeInit {
  const hint = 'write SOURCE:TARGET[:ro], both being paths'
  const [source = '', target = '', options = '', ...rest] = text.split(':')
  if (source === '' || !target.startsWith('/') || rest.length > 0) throw new UsageError(`invalid --volume: ${JSON.stringify(text)}`, { hint })
  if (!/^[./~]/.test(source)) throw new UsageError(`named volumes are not supported yet: ${JSON.stringify(text)}`, { hint })
  const words = options.split(',').filter((word) => word !== '')
  const unknown = words.find((word) => !['ro', 'rw', 'z', 'Z'].includes(word))
  if (unknown !== undefined) throw new UsageError(`--volume option ${unknown} is not supported yet`, { hint })
  return { source: resolve(workingFolder, source), target, readOnly: words.includes('ro') }
}

const MOUNT_HINT = 'write type=bind,source=PATH,target=PATH[,readonly]'

/** Docker's spellings of the fields of a bind mount. */
const MOUNT_FIELDS: ReadonlyMap<string, 'type' | 'source' | 'target' | 'readonly'> = new Map([
  ['type', 'type'],
  ['source', 'source'],
  ['src', 'source'],
  ['target', 'target'],
  ['destination', 'target'],
  ['dst', 'target'],
  ['readonly', 'readonly'],
  ['ro', 'readonly'],
])

/** `--mount type=bind,source=…,target=…[,readonly]`: unlike a volume's, a source must be there. @throws UsageError */
export function parseMount(text: string, workingFolder: string): VolumeInit {
  const fields = readMountFields(text)
  const type = fields.get('type') ?? 'volume'
  if (type !== 'bind') throw new UsageError(`--mount type=${type} is not supported yet`, { hint: MOUNT_HINT })
  const [source, target, readOnly] = [fields.get('source') ?? '', fields.get('target') ?? '', fields.get('readonly') ?? 'false']
  if (source === '' || !target.startsWith('/') || !/^(?:true|false|1|0)$/.test(readOnly)) throw new UsageError(`invalid --mount: ${JSON.stringify(text)}`, { hint: MOUNT_HINT })
  const path = resolve(workingFolder, source)
  if (!existsSync(path)) throw new UsageError(`--mount names a source that is not there: ${source}`, { hint: 'make it first; --volume makes a folder' })
  return { source: path, target, readOnly: /^(?:true|1)$/.test(readOnly) }
}

function readMountFields(text: string): ReadonlyMap<string, string> {
  const fields = splitCsv(text).map((field): readonly [string, string] => {
    const { key, value } = splitKeyValue(field.trim())
    const name = MOUNT_FIELDS.get(key)
    if (name === undefined) throw new UsageError(`--mount option ${key} is not supported yet`, { hint: MOUNT_HINT })
    return [name, value ?? (name === 'readonly' ? 'true' : '')]
  })
  return new Map(fields)
}

/** What an engine elsewhere would mount is a folder of its own machine that happens to have the name. @throws UsageError */
export function checkVolumesHere(volumes: readonly { readonly source?: string }[] | undefined, { isSameMachine }: { readonly isSameMachine: boolean }): void {
  const [volume] = volumes ?? []
  if (volume === undefined || isSameMachine) return
  throw new UsageError(`${volume.source ?? ''} cannot be mounted: the engine is on another machine, or another user's`, { hint: 'leave out --volume and --mount, and build what is needed into the image' })
}
