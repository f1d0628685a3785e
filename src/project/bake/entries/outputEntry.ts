import { BakeError } from '../bakeError.ts'
import { type Entry, splitField, splitFields } from './entry.ts'

/** `type=local,dest=out`; a folder, or `-`, alone. An empty `dest` is none. @throws BakeError */
export function parseOutputEntry(text: string): Entry {
  if (text === '-') return new Map([['type', 'tar'], ['dest', '-']])
  const fields = splitFields(text)
  if (fields.length === 1 && fields[0] === text && !text.startsWith('type=')) return new Map([['type', 'local'], ['dest', text]])
  const entry = new Map(
    fields.map((field) => {
      const [key, value] = splitField(field)
      return [key.toLowerCase().trim(), value] as const
    }),
  )
  return toOutputEntry(entry)
}

/** @throws BakeError */
export function toOutputEntry(fields: ReadonlyMap<string, string>): Entry {
  if ((fields.get('type') ?? '') === '') throw new BakeError('type is required for output', { hint: 'write type=image, registry, docker, oci, tar or local' })
  return fields.get('dest') === '' ? new Map([...fields].filter(([key]) => key !== 'dest')) : fields
}

/** `--push`: true makes images go to their registries, and adds such an output where there is none but Docker's; false keeps them here. */
export function withPush(outputs: readonly Entry[] | undefined, isPushed: boolean): readonly Entry[] | undefined {
  const kept = isPushed ? outputs : outputs?.filter((output) => output.get('type') !== 'registry')
  const set = kept?.map((output) => (output.get('type') === 'image' ? new Map([...output, ['push', String(isPushed)]]) : output))
  if (!isPushed || set?.some((output) => output.get('type') !== 'docker') === true) return set
  return [...(set ?? []), new Map([['type', 'image'], ['push', 'true']])]
}

/** `--load`: adds Docker's own, unless it is there, or something is made that is no image. */
export function withLoad(outputs: readonly Entry[] | undefined): readonly Entry[] {
  const all = outputs ?? []
  const isLoaded = all.some((output) => output.get('type') === 'docker' && !output.has('dest'))
  const isImage = all.every((output) => IMAGE_TYPES.has(output.get('type') ?? ''))
  return isLoaded || !isImage ? all : [...all, new Map([['type', 'docker']])]
}

const IMAGE_TYPES: ReadonlySet<string> = new Set(['docker', 'image', 'registry', 'oci'])
