import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { BuildWarning } from '../../progress/progressEvent.ts'
import { spanOf } from '../errorSpan.ts'
import { neutralize } from '../render/displayText.ts'
import { formatWorkflowCommand } from './workflowCommand.ts'

/** The runner shows this many of a kind for a step, and drops the rest. */
const SHOWN_BY_RUNNER = 10

/** Where a text that errors point into stands, from the repository's root; undefined where it is none of its files. */
export type PathOf = (filename: string) => string | undefined

/** Warnings at their lines of the change that is looked at, as GitHub's runner reads them. */
export function formatWarningAnnotations(warnings: readonly BuildWarning[], pathOf: PathOf): readonly string[] {
  return warnings.slice(0, SHOWN_BY_RUNNER).map(({ message, detail, span }) => {
    const text = [neutralize(message), ...detail.map(neutralize)].join('\n')
    return formatWorkflowCommand('warning', { ...placeOf(span, pathOf), title: titleOf(message) }, text)
  })
}

export function formatErrorAnnotation(error: unknown, pathOf: PathOf): string {
  const span = error instanceof Error ? spanOf(error) : undefined
  const message = error instanceof Error ? error.message : String(error)
  return formatWorkflowCommand('error', { ...placeOf(span, pathOf), title: 'Pelago' }, message.split('\n').map(neutralize).join('\n'))
}

function placeOf(span: SourceSpan | undefined, pathOf: PathOf): { readonly file?: string; readonly line?: number; readonly endLine?: number } {
  const file = span === undefined ? undefined : pathOf(span.source.filename)
  return span === undefined || file === undefined ? {} : { file, line: span.startLine, endLine: span.endLine }
}

/** A check's own name, which its message begins with. */
function titleOf(message: string): string {
  return /^([A-Z][A-Za-z]+):/.exec(message)?.[1] ?? 'Pelago'
}
