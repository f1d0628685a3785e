import { appendFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import type { BuildWarning } from '../../progress/progressEvent.ts'
import type { PreparedBuild } from '../build/prepareBuild.ts'
import type { CommandContext } from '../command.ts'
import type { Trace } from '../render/trace.ts'
import { formatErrorAnnotation, formatWarningAnnotations, type PathOf } from './annotations.ts'
import { ciSystemOf } from './ciSystem.ts'
import { formatSummaryMarkdown, type SummaryEnd } from './summary.ts'

/** What a build is told of in CI. */
export interface BuildReport {
  readonly end: SummaryEnd
  readonly trace: Trace
  /** Absolute, of the Dockerfile that its name in errors stands for; undefined where that is no file here. */
  readonly pathOf: (filename: string) => string | undefined
}

type ReportContext = Pick<CommandContext, 'env' | 'stderr' | 'workingFolder'>

/**
 * Where a CI system reads it: annotations for GitHub's runner, and the summary, appended to the file of
 * `--summary-file` or to GitHub's own. A summary that cannot be written is told, and fails nothing.
 */
export async function reportToCi({ end, trace, pathOf }: BuildReport, summaryFile: string | undefined, context: ReportContext): Promise<void> {
  const { env, stderr, workingFolder } = context
  if (ciSystemOf(env) === 'github') {
    const place = inRepository(pathOf, env['GITHUB_WORKSPACE'] ?? workingFolder)
    const lines = [...formatWarningAnnotations(trace.warnings, place), ...(end.kind === 'failed' ? [formatErrorAnnotation(end.error, place)] : [])]
    stderr.write(lines.map((line) => `${line}\n`).join(''))
  }
  const file = summaryFile ?? (ciSystemOf(env) === 'github' ? env['GITHUB_STEP_SUMMARY'] : undefined)
  if (file === undefined || file === '') return
  await appendFile(resolve(workingFolder, file), formatSummaryMarkdown(end, trace)).catch((error: unknown) => {
    stderr.write(`warning: the summary could not be written: ${error instanceof Error ? error.message : String(error)}\n`)
  })
}

/** Errors call a Dockerfile by its name, wherever it stands. */
export function dockerfilePathOf({ dockerfileFolder }: Pick<PreparedBuild, 'dockerfileFolder'>): BuildReport['pathOf'] {
  return (filename) => (dockerfileFolder === undefined ? undefined : join(dockerfileFolder, basename(filename)))
}

/** As `reportToCi`, of a check that was made instead of a build. */
export function annotateCheck(warnings: readonly BuildWarning[], pathOf: BuildReport['pathOf'], { env, stderr, workingFolder }: ReportContext): void {
  if (ciSystemOf(env) !== 'github') return
  for (const line of formatWarningAnnotations(warnings, inRepository(pathOf, env['GITHUB_WORKSPACE'] ?? workingFolder))) stderr.write(`${line}\n`)
}

function inRepository(pathOf: BuildReport['pathOf'], root: string): PathOf {
  return (filename) => insideOf(root, pathOf(filename))
}

function insideOf(root: string, path: string | undefined): string | undefined {
  const inside = path === undefined ? undefined : relative(root, path)
  return inside === undefined || inside === '' || inside.startsWith('..') ? undefined : inside
}
