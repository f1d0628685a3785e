import type { Descriptor } from '../../ground/oci/descriptor.ts'
import { formatFamiliar, type Reference } from '../../ground/reference.ts'
import { platformNames } from '../../image/index/filterPlatforms.ts'
import type { IndexEntry } from '../../image/index/indexDocument.ts'
import type { CommandContext } from '../command.ts'
import type { EditFlags } from './editFlags.ts'

export interface EditOutcome {
  readonly reference: Reference
  /** Where the result is. */
  readonly tags: readonly Reference[]
  readonly before: { readonly descriptor: Descriptor; readonly isIndex: boolean; readonly entries: readonly IndexEntry[] }
  readonly root: Descriptor
  readonly entries: readonly IndexEntry[]
}

/** What the image was and is, and the way back. */
export function reportEdit(outcome: EditOutcome, { format, progress }: EditFlags, { stdout }: CommandContext): void {
  const { tags, before, root, entries } = outcome
  const undo = undoCommand(outcome)
  const [was, is] = [platformNames(before.entries), platformNames(entries)]
  if (format === 'json') {
    const json = { names: tags.map(formatFamiliar), was: { digest: before.descriptor.digest, mediaType: before.descriptor.mediaType, platforms: was }, is: { digest: root.digest, mediaType: root.mediaType, platforms: is }, undo: undo?.join(' ') }
    stdout.write(`${JSON.stringify(json, undefined, 2)}\n`)
    return
  }
  if (progress === 'none') return
  if (progress === 'quiet') {
    stdout.write(`${root.digest}\n`)
    return
  }
  const isUnchanged = before.descriptor.digest === root.digest
  const lines = isUnchanged ? [`  is    ${root.digest}  ${is.join(', ')}`, '  it was so already'] : [`  was   ${before.descriptor.digest}  ${was.join(', ')}`, `  is    ${root.digest}  ${is.join(', ')}`]
  stdout.write([...tags.map(formatFamiliar), ...lines, ...(undo === undefined ? [] : [`  undo  ${undo.join(' ')}`])].map((line) => `${line}\n`).join(''))
}

/** Undefined where the image is as it was. */
function undoCommand({ reference, tags, before, root }: EditOutcome): readonly string[] | undefined {
  const [tag] = tags
  if (tag === undefined || formatFamiliar(tag) !== formatFamiliar(reference) || before.descriptor.digest === root.digest) return undefined
  const old = formatFamiliar({ ...reference, tag: undefined, digest: before.descriptor.digest })
  return ['pelago', 'imagetools', 'create', ...(before.isIndex ? [] : ['--prefer-index=false']), '--tag', formatFamiliar(reference), old]
}
