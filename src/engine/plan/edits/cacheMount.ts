import { readMountQuietly } from '../../../dockerfile/lint/readMountQuietly.ts'
import type { LintedStep } from '../../../dockerfile/lint/lintSubject.ts'
import type { ShellCommand } from '../../../dockerfile/lint/shellCommands.ts'
import type { EditRule } from './editSubject.ts'

/** A step that took less than this gains little. */
const LEAST_MS = 10_000

interface Keeper {
  readonly programs: RegExp
  readonly verbs: RegExp
  readonly folders: readonly string[]
  readonly options?: string
  readonly remark?: string
}

/** Where tools keep what they have downloaded or compiled, as root. */
const KEEPERS: readonly Keeper[] = [
  { programs: /^apt(?:-get)?$/, verbs: /\binstall\b/, folders: ['/var/cache/apt', '/var/lib/apt'], options: ',sharing=locked', remark: 'rm -f /etc/apt/apt.conf.d/docker-clean before, and no rm of the lists' },
  { programs: /^pip3?$/, verbs: /^(?:install|wheel)\b/, folders: ['/root/.cache/pip'], remark: 'without --no-cache-dir' },
  { programs: /^npm$/, verbs: /^(?:ci|install|i)\b/, folders: ['/root/.npm'] },
  { programs: /^go$/, verbs: /^(?:build|install|test|mod download)\b/, folders: ['/go/pkg/mod', '/root/.cache/go-build'] },
  { programs: /^cargo$/, verbs: /^(?:build|install|fetch|test)\b/, folders: ['/usr/local/cargo/registry'] },
]

/** A step that downloads or compiles, and took long, and keeps nothing for the next time. */
export const cacheMount: EditRule = ({ scripts, timeOf }) =>
  scripts.flatMap(({ step, commands }) => {
    const { startLine, endLine } = step.instruction.span
    const { nativeMs, emulatedMs } = timeOf({ startLine, endLine })
    const keeper = commands.map(keeperOf).find((found) => found !== undefined)
    if (keeper === undefined || nativeMs + emulatedMs < LEAST_MS || !isRoot(step) || hasCacheMount(step)) return []
    const mounts = keeper.folders.map((folder) => `--mount=type=cache,target=${folder}${keeper.options ?? ''}`).join(' ')
    const remark = keeper.remark === undefined ? '' : ` (${keeper.remark})`
    return [{
      id: 'cache-mount',
      message: `it took ${Math.round((nativeMs + emulatedMs) / 1000)}s the last time, and downloads or compiles all of it anew when it runs again: keep that in a cache${remark}`,
      lines: { startLine, endLine },
      instead: `RUN ${mounts} …`,
    }]
  })

function keeperOf({ words }: ShellCommand): Keeper | undefined {
  const [program = '', ...args] = words
  const verbs = args.filter((word) => !word.startsWith('-')).join(' ')
  return KEEPERS.find((keeper) => keeper.programs.test(program) && keeper.verbs.test(verbs))
}

function isRoot({ before }: LintedStep): boolean {
  return ['', 'root', '0'].includes((before.image.container.user ?? '').replace(/:.*$/, ''))
}

function hasCacheMount({ instruction }: LintedStep): boolean {
  return instruction.kind === 'run' && instruction.mounts.some((mount) => readMountQuietly(mount, (text) => text)?.type === 'cache')
}
