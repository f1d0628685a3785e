import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const manifestCreate = defineCommand({
  usage: '[OPTIONS] LIST MANIFEST [MANIFEST...]',
  summary: 'Make a list of images on this machine, to be annotated and pushed as one',
  flags: {
    amend: { kind: 'switch', short: 'a', help: 'Add to a list that is there' },
    insecure: { kind: 'switch', help: 'The registry\'s certificate need not be valid, or it speaks plain HTTP' },
  },
  operands: [2, Infinity],
  async run({ flags, operands: [name = '', ...sources] }, context, signal) {
    const { formatReference, parseReference } = await import('../../../ground/reference.ts')
    const { createList } = await import('../../manifest/createList.ts')
    const list = parseReference(name)
    await createList({ list, manifests: sources.map(parseReference), isAmended: flags.amend, isInsecure: flags.insecure }, context, signal)
    context.stdout.write(`Created manifest list ${formatReference(list)}\n`)
    return EXIT.done
  },
})
