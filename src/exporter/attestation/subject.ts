/** What a statement speaks of: in-toto's ResourceDescriptor. */
export interface Subject {
  readonly name: string
  /** In hex, by algorithm. */
  readonly digest: Readonly<Record<string, string>>
}

/** What an attestation is of: what is exported, perhaps by one more name ('' is none), or something else. */
export type AttestedSubject =
  | { readonly kind: 'exported'; readonly alias: string }
  | { readonly kind: 'other'; readonly subject: Subject }

/** The subjects of a statement: `exported` are those that the exporter knows. None is what is exported alone. */
export function resolveSubjects(attested: readonly AttestedSubject[] = [], exported: readonly Subject[]): readonly Subject[] {
  if (attested.length === 0) return exported
  return attested.flatMap((one) => {
    if (one.kind === 'other') return [one.subject]
    return exported.flatMap((subject) => (one.alias === '' ? [subject] : [subject, { ...subject, name: one.alias }]))
  })
}
