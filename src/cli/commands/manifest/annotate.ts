import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'

export const manifestAnnotate = defineCommand({
  usage: '[OPTIONS] LIST MANIFEST',
  summary: 'Say for which platform an image of a local list is',
  flags: {
    arch: { kind: 'text', value: 'ARCH', help: 'Architecture' },
    os: { kind: 'text', value: 'OS', help: 'Operating system' },
    'os-features': { kind: 'list', value: 'FEATURE', splitsCommas: true, help: 'Feature that the operating system must have' },
    'os-version': { kind: 'text', value: 'VERSION', help: 'Version of the operating system' },
    variant: { kind: 'text', value: 'VARIANT', help: 'Variant of the architecture, such as v7' },
  },
  operands: [2, 2],
  async run({ flags, operands: [list = '', name = ''] }, context) {
    const { parseReference } = await import('../../../ground/reference.ts')
    const { annotateManifest } = await import('../../manifest/listedManifest.ts')
    const { openManifestLists } = await import('../../manifest/openManifestLists.ts')
    const { requireListed } = await import('../../manifest/requireListed.ts')
    const [listed, lists] = [parseReference(list), openManifestLists(context)]
    const manifest = await requireListed(lists, listed, parseReference(name))
    const change = { os: flags.os, architecture: flags.arch, variant: flags.variant, osVersion: flags['os-version'], osFeatures: flags['os-features'] }
    await lists.put(listed, annotateManifest(manifest, change))
    return EXIT.done
  },
})
