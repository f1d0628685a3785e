import { readMountQuietly } from '../../../dockerfile/lint/readMountQuietly.ts'
import type { LintedStep } from '../../../dockerfile/lint/lintSubject.ts'
import type { ShellCommand } from '../../../dockerfile/lint/shellCommands.ts'
import { isInImage, type EditRule } from './editSubject.ts'

/** The lists of packages stay in a layer of the image. */
export const aptLists: EditRule = ({ dockerfile, scripts }) =>
  scripts.flatMap(({ step, commands }) => {
    const { startLine, endLine } = step.instruction.span
    const isFetched = commands.some(({ words }) => /^apt(?:-get)?$/.test(words[0] ?? '') && words.includes('update'))
    if (!isFetched || commands.some(isRemoval) || hasListsMounted(step) || !isInImage(step, dockerfile)) return []
    return [{ id: 'apt-lists', message: 'apt\'s lists of packages stay in the image: remove them in the same RUN', lines: { startLine, endLine }, instead: '… && rm -rf /var/lib/apt/lists/*' }]
  })

function isRemoval({ words }: ShellCommand): boolean {
  return words.some((word) => word.includes('/var/lib/apt')) || words.includes('dist-clean')
}

function hasListsMounted({ instruction }: LintedStep): boolean {
  if (instruction.kind !== 'run') return false
  const targets = instruction.mounts.map((mount) => readMountQuietly(mount, (text) => text)?.target.replace(/\/$/, ''))
  return targets.some((target) => target !== undefined && ['/var/lib/apt', '/var/lib/apt/lists', '/var/lib', '/var'].includes(target))
}
