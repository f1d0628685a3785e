import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const manifestRm = defineCommand({
  usage: 'LIST [LIST...]',
  summary: 'Remove local lists of images; nothing is removed from a registry',
  flags: {},
  operands: [1, Infinity],
  async run({ operands }, context) {
    const { formatReference, parseReference } = await import('../../../ground/reference.ts')
    const { ListNotFoundError } = await import('../../manifest/manifestLists.ts')
    const { openManifestLists } = await import('../../manifest/openManifestLists.ts')
    const lists = openManifestLists(context)
    const missing: string[] = []
    for (const list of operands.map((name) => parseReference(name))) {
      if ((await lists.read(list)) === undefined) missing.push(formatReference(list))
      else await lists.remove(list)
    }
    if (missing.length > 0) throw new ListNotFoundError(`no such manifest list: ${missing.join(', ')}`, { hint: 'one that was pushed with --purge is gone; pelago manifest create makes one' })
    return EXIT.done
  },
})
