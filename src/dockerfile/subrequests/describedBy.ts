import type { SourceSpan } from '../../ground/sourceSpan.ts'
import type { Dockerfile } from '../dockerfile.ts'

/** What the comments right above the instruction at `span` say of `name`: `# NAME is this and that`. Undefined where they do not. */
export function describedBy({ tree }: Dockerfile, span: SourceSpan, name: string): string | undefined {
  if (name === '') return undefined
  const comments = tree.instructions.find((node) => node.span === span)?.comments ?? []
  return comments.find((comment) => comment.startsWith(`${name} `))?.slice(name.length + 1)
}
