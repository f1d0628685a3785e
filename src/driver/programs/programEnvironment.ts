import type { Environment } from '../../kit/enterNamespaces.ts'

/** All of the user's, since configurations, certificates, agents and proxies stand in it; `own` is put over it. */
export function programEnvironment(env: Environment, own: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const set = Object.entries(env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
  return { ...Object.fromEntries(set), ...own }
}
