import { defineCommand } from '../command.ts'
import { EXIT } from '../exitCode.ts'
import { VERSION } from '../../ground/version.ts'

export const version = defineCommand({
  usage: '',
  summary: 'Show the version',
  flags: {},
  operands: [0, 0],
  async run(_line, { stdout }) {
    stdout.write(`pelago ${VERSION} (node ${process.versions.node}, ${process.platform}/${process.arch})\n`)
    return EXIT.done
  },
})
