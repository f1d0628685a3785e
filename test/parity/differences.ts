import { readFileSync } from 'node:fs'
import type { ImageFacts } from './imageFacts.ts'

/** One fact in which two images differ. */
export interface Difference {
  readonly fact: string
  /** `absent` where the image has no such fact. */
  readonly buildkit: string
  readonly pelago: string
}

/** Sorted by fact. */
export function compareFacts(buildkit: ImageFacts, pelago: ImageFacts): readonly Difference[] {
  const unbuilt = pelago.get('built')
  if (unbuilt !== undefined) return [{ fact: 'built', buildkit: 'yes', pelago: unbuilt }]
  const facts = [...new Set([...buildkit.keys(), ...pelago.keys()])].sort()
  return facts.flatMap((fact) => {
    const [a, b] = [buildkit.get(fact) ?? 'absent', pelago.get(fact) ?? 'absent']
    return a === b ? [] : [{ fact, buildkit: a, pelago: b }]
  })
}

/** `CASE: FACT: BUILDKIT ≠ PELAGO`, as docs/differences.md lists them. */
export function formatDifference(caseName: string, { fact, buildkit, pelago }: Difference): string {
  return `${caseName}: ${fact}: ${buildkit} ≠ ${pelago}`
}

/** A line of docs/differences.md. */
export interface KnownDifference {
  readonly line: string
  readonly matches: (formatted: string) => boolean
}

/** From the `differences` blocks of docs/differences.md; `*` in a line stands for any text. */
export function readKnownDifferences(): readonly KnownDifference[] {
  const text = readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8')
  const lines = [...text.matchAll(/^```differences\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.trimEnd().split('\n'))
  return lines.map((line) => {
    const pattern = new RegExp(`^${line.split('*').map(escape).join('.*')}$`, 's')
    return { line, matches: (formatted) => pattern.test(formatted) }
  })
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
