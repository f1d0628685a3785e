import { ACCELERATE_MODES } from '../../graph/accelerate.ts'
import type { TextFlag } from '../flags/flags.ts'

/** Of all commands that build. */
export const ACCELERATE_FLAG = {
  kind: 'text', value: 'MODE', bare: 'on', choices: ACCELERATE_MODES, variable: 'PELAGO_ACCELERATE',
  help: 'Run tools of emulated steps natively where that gives the same; toolchain does so with compilers, too; verify runs such steps both ways, and compares',
} as const satisfies TextFlag
