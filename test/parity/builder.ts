import { callCommand } from '../../src/cli/calledCommand.suite.ts'
import type { Pelago } from '../support/pelago.ts'
import type { ParityCase } from './caseFile.ts'

/** What builds a case into an image archive. */
export interface Builder {
  /** The newest Dockerfile version that it knows. */
  readonly dockerfileVersion: string
  build(context: string, wanted: Pick<ParityCase, 'args' | 'output'>, archive: string): Promise<BuildOutcome>
}

export interface BuildOutcome {
  readonly isBuilt: boolean
  /** All that it said. */
  readonly said: string
}

/** The command within this process: to start one for each case would be a third of all that this takes. */
export function createPelagoBuilder(pelago: Pelago): Builder {
  return {
    dockerfileVersion: 'all',
    async build(context, { args, output }, archive) {
      const flags = ['--progress', 'plain', '--network', 'none', ...args, '--output', outputFlag(archive, output)]
      const { code, stdout, stderr } = await callCommand(['build', ...flags, context], { env: pelago.env, workingFolder: pelago.folder, now: Date.now })
      return { isBuilt: code === 0, said: stdout + stderr }
    },
  }
}

export function outputFlag(archive: string, attributes: string): string {
  return ['type=oci', `dest=${archive}`, ...(attributes === '' ? [] : [attributes])].join(',')
}
