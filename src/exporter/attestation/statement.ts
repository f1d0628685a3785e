import type { Subject } from './subject.ts'

export interface Statement {
  readonly predicateType: string
  readonly subjects: readonly Subject[]
  /** A JSON object. */
  readonly predicate: Uint8Array
}

/** in-toto attestation framework v0.1, "Statement": that version is what BuildKit writes, and what readers of images look for. */
export function formatStatement({ predicateType, subjects, predicate }: Statement, layout: 'compact' | 'indented'): Uint8Array {
  const head = JSON.stringify({ _type: STATEMENT_TYPE, predicateType, subject: subjects.map(({ name, digest }) => ({ name, digest })) })
  const text = `${head.slice(0, -1)},"predicate":${Buffer.from(predicate).toString()}}`
  return Buffer.from(layout === 'compact' ? text : JSON.stringify(JSON.parse(text), undefined, 2))
}

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v0.1'
