import type { BenchReport } from './result.ts'

/** One report of several calls on one machine, in their order; of a case that two have, the later one's. @throws Error where there are none */
export function joinReports(reports: readonly BenchReport[]): BenchReport {
  return reports.reduce((joined, next) => ({
    ...joined,
    versions: { ...joined.versions, ...next.versions },
    tookMs: joined.tookMs + next.tookMs,
    cases: [...joined.cases.filter((old) => !next.cases.some((one) => one.scenario === old.scenario && one.case === old.case)), ...next.cases],
  }))
}
