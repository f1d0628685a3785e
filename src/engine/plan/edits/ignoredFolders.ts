import type { PlanEdit } from '../buildPlan.ts'
import { dependencyInstallOf } from './dependencyInstall.ts'
import type { EditRule, EditSubject } from './editSubject.ts'

/** Less than that is read and hashed in no time. */
const LEAST_BYTES = 1_000_000

/** Folders that every build reads, and that no image should have. */
export const ignoredFolders: EditRule = (subject) => [...unlessUsed('.git', usesGit(subject), subject), ...unlessUsed('node_modules', !installsNode(subject), subject)]

function unlessUsed(name: string, isUsed: boolean, { dockerfile, context }: EditSubject): readonly PlanEdit[] {
  const copy = dockerfile.steps.find(({ instruction, source }) => instruction.kind === 'copy' && source.kind === 'context' && instruction.sources.some((path) => ['.', './', '/'].includes(path)))
  const bytes = isUsed ? 0 : (context?.bytesUnder(name) ?? 0)
  if (copy === undefined || bytes < LEAST_BYTES) return []
  const { startLine, endLine } = copy.instruction.span
  return [{ id: 'ignore-folder', message: `${name} is read and copied with all the rest: leave it out by .dockerignore`, lines: { startLine, endLine }, instead: name, savesBytes: bytes }]
}

/** Versions are often told by it, by tools too that only have it in their name. */
function usesGit({ scripts, dockerfile }: EditSubject): boolean {
  return scripts.some(({ text }) => /git|version|scm|go (?:build|install)|make/i.test(text)) || dockerfile.steps.some(({ instruction }) => instruction.kind === 'copy' && instruction.sources.some((path) => path.includes('.git')))
}

/** Then the image gets its own. */
function installsNode({ scripts }: EditSubject): boolean {
  return scripts.some(({ commands }) => commands.some((command) => /^(?:npm|yarn|pnpm|bun)/.test(dependencyInstallOf(command)?.name ?? '')))
}
