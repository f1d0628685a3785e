import { isFine, type Finding } from '../finding.ts'

/** What the findings of a machine come to, whose own platform is `native`. */
export function formatVerdict(findings: readonly Finding[], native: string): string {
  if (isFine(findings)) return `builds for ${native} can run here`
  const failing = new Set(findings.filter(({ state }) => state === 'fail').map(({ check }) => check))
  return `no build can run here: see ${[...failing].join(', ')}`
}
