import type { SourceSpan } from '../../ground/sourceSpan.ts'
import { DefinitionError } from './clientGraph.ts'

/**
 * Which worker a client wants: containerd's filters (`pkg/filters`), as BuildKit reads them for workers. One of several
 * has to hold; within one, all selectors that commas join: `labels."a.b"==c`, `id!=d`, `labels.e`.
 */
export interface WorkerTraits {
  readonly id: string
  readonly labels: ReadonlyMap<string, string>
  /** `linux/arm64`; BuildKit's workers have no field for it. */
  readonly platforms: readonly string[]
}

/** @throws DefinitionError where none of `filters`, which `span` has, holds for the worker, or one cannot be read; without any the worker will do */
export function checkWorker(filters: readonly string[], worker: WorkerTraits, span?: SourceSpan): void {
  const selectors = filters.map((text) => parseFilter(text, span))
  if (selectors.length === 0 || selectors.some((all) => all.every((selector) => holds(selector, worker)))) return
  const labels = [...worker.labels].map(([name, value]) => `labels.${JSON.stringify(name)}==${JSON.stringify(value)}`)
  throw new DefinitionError(`no worker is as it is wanted: ${filters.join(' or ')}`, { hint: `this engine is one worker: ${[`id==${worker.id}`, ...worker.platforms.map((platform) => `platform==${platform}`), ...labels].join(', ')}`, span })
}

interface Selector {
  readonly field: readonly string[]
  readonly operator: 'present' | '==' | '!='
  readonly value: string
}

const NAME = String.raw`(?:[A-Za-z_][\w-]*|"(?:[^"\\]|\\.)*")`
const SELECTOR = new RegExp(String.raw`\s*(${NAME}(?:\.${NAME})*)\s*(?:(==|!=|~=)\s*("(?:[^"\\]|\\.)*"|[^\s,"]+))?\s*(?:,|$)`, 'y')

function parseFilter(text: string, span: SourceSpan | undefined): readonly Selector[] {
  const selectors: Selector[] = []
  for (let at = 0; at < text.length; ) {
    SELECTOR.lastIndex = at
    const [all = '', field = '', operator, value = ''] = SELECTOR.exec(text) ?? []
    if (field === '') throw new DefinitionError(`a choice of workers cannot be read: ${JSON.stringify(text)}`, { hint: 'write it as labels."name"==value, with commas between what has to hold at once', span })
    if (operator === '~=') throw new DefinitionError(`a choice of workers by a pattern (~=) is not supported: ${JSON.stringify(text)}`, { hint: 'name the value: ==', span })
    selectors.push({ field: [...field.matchAll(new RegExp(NAME, 'g'))].map(([name]) => unquote(name)), operator: operator === '==' || operator === '!=' ? operator : 'present', value: unquote(value) })
    at += all.length
  }
  return selectors
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/gs, '$1') : text
}

/** What is absent is unlike any value. */
function holds({ field, operator, value }: Selector, worker: WorkerTraits): boolean {
  const values = valuesOf(field, worker)
  switch (operator) {
    case 'present':
      return values.length > 0
    case '==':
      return values.includes(value)
    case '!=':
      return !values.includes(value)
  }
}

function valuesOf([first = '', ...rest]: readonly string[], { id, labels, platforms }: WorkerTraits): readonly string[] {
  if (first === 'labels') return [labels.get(rest.join('.')) ?? []].flat()
  if (rest.length > 0) return []
  if (first === 'id') return [id]
  return first === 'platform' ? platforms : []
}
