import { defineCommand } from '../../command.ts'
import { EXIT } from '../../exitCode.ts'
import { parseTemplate } from '../../format/goTemplate.ts'
import { localPlatform } from '../../localPlatform.ts'
import { VERSION } from '../../../ground/version.ts'

export const version = defineCommand({
  usage: '[OPTIONS]',
  summary: 'Show the version',
  flags: {
    format: { kind: 'text', short: 'f', value: 'TEMPLATE', help: 'Go template, or json; there are .Client and .Server, as in Docker\'s' },
  },
  operands: [0, 0],
  async run({ flags }, { stdout }) {
    if (flags.format === undefined) {
      stdout.write(`pelago ${VERSION} (node ${process.versions.node}, ${process.platform}/${process.arch})\n`)
      return EXIT.done
    }
    const { os, architecture } = localPlatform()
    // The embedded engine is of the command's own version, and what Docker calls experimental is on.
    const side = { Version: VERSION, Os: os, Arch: architecture, Experimental: true, NodeVersion: process.versions.node }
    stdout.write(`${parseTemplate(flags.format).apply({ Client: { ...side, Context: 'default' }, Server: side })}\n`)
    return EXIT.done
  },
})
