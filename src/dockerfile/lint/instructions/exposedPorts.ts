import type { SourceSpan } from '../../../ground/sourceSpan.ts'
import { expandQuietly } from '../expandQuietly.ts'
import type { LintSubject } from '../lintSubject.ts'

/** What EXPOSE names, variables replaced. */
export function exposedPorts({ steps, dockerfile }: LintSubject): readonly { readonly port: string; readonly span: SourceSpan }[] {
  return steps.flatMap(({ instruction, before }) => {
    if (instruction.kind !== 'expose') return []
    const ports = instruction.ports.flatMap((word) => expandQuietly(word, before.env, dockerfile.escape)?.words ?? [])
    return ports.map((port) => ({ port, span: instruction.span }))
  })
}
