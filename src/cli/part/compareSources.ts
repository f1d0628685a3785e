import type { BuildSource, ContextSource, FolderSource } from './buildSource.ts'

/** One thing in which two sources differ, and what it is in each. */
export interface SourceDifference {
  /** `context`, `build argument VERSION` */
  readonly what: string
  readonly values: readonly [string, string]
}

/** In what two builds were made from something else; empty where it was the same. */
export function compareSources(a: BuildSource, b: BuildSource): readonly SourceDifference[] {
  const differences: (SourceDifference | undefined)[] = [
    ...[...namesOf(a.contexts, b.contexts)].map((name) => compareContexts(name, a.contexts.get(name), b.contexts.get(name))),
    compareTexts('Dockerfile', a.dockerfile ?? 'in the context', b.dockerfile ?? 'in the context'),
    compareTexts('target', a.target, b.target),
    ...[...namesOf(a.buildArgs, b.buildArgs)].map((name) => compareTexts(`build argument ${name}`, a.buildArgs.get(name), b.buildArgs.get(name))),
    ...[...new Set([...a.secretArgs, ...b.secretArgs])].sort().map((name) => compareTexts(`build argument ${name}`, given(a, name), given(b, name))),
  ]
  return differences.filter((difference) => difference !== undefined)
}

function given({ secretArgs }: BuildSource, name: string): string | undefined {
  return secretArgs.includes(name) ? 'given, its value not told' : undefined
}

function namesOf(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): readonly string[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort()
}

function compareTexts(what: string, a: string | undefined, b: string | undefined): SourceDifference | undefined {
  if (a === b) return undefined
  const tell = (value: string | undefined): string => (value === undefined ? 'not given' : value === '' ? 'empty' : value)
  return { what, values: [tell(a), tell(b)] }
}

function compareContexts(name: string, a: ContextSource | undefined, b: ContextSource | undefined): SourceDifference | undefined {
  const what = name === 'context' ? 'context' : `context ${name}`
  if (a?.kind === 'folder' && b?.kind === 'folder') return compareFolders(what, a, b)
  if (a?.kind === 'upload' && b?.kind === 'upload' && a.digest === undefined) return { what, values: [describe(a), describe(b)] } // what is not known is not the same
  return compareTexts(what, describeOptional(a), describeOptional(b))
}

/** Clean checkouts of one commit are the same, whatever ignored files lie in them; without such, the files decide. */
function compareFolders(what: string, a: FolderSource, b: FolderSource): SourceDifference | undefined {
  const [first, second] = [a.revision, b.revision]
  if (first !== undefined && second !== undefined && first.commit !== second.commit) return { what: `${what}: git revision`, values: [first.commit, second.commit] }
  if (first?.kind === 'git' && second?.kind === 'git' && !first.isDirty && !second.isDirty) return compareTexts(`${what}: folder in the repository`, first.folder, second.folder)
  return a.digest === b.digest ? undefined : { what: `${what}: files`, values: [describe(a), describe(b)] }
}

function describeOptional(source: ContextSource | undefined): string | undefined {
  return source === undefined ? undefined : describe(source)
}

function describe(source: ContextSource): string {
  switch (source.kind) {
    case 'folder':
      return source.revision?.kind === 'git' && source.revision.isDirty ? `${source.digest} (changed since its commit)` : source.digest
    case 'remote':
      return source.text
    case 'upload':
      return source.digest ?? 'an archive that was not read to its end'
    case 'empty':
      return 'no files'
  }
}
