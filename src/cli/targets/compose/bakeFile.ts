import type { BuildTarget } from '../../../project/buildTarget.ts'

/** The targets as a bake file, which builds the same; `names` are those that are asked for, the rest is there for them. */
export function formatBakeFile(targets: readonly BuildTarget[], names: readonly string[]): string {
  const file = { group: { default: { targets: names } }, target: Object.fromEntries(targets.map((target) => [target.name, targetFields(target)])) }
  return `${JSON.stringify(file, escapeTemplates, 2)}\n`
}

/** In a bake file `${` begins an expression. */
function escapeTemplates(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/[$%]\{/g, (sign) => `${sign.slice(0, 1)}${sign}`) : value
}

/** What says nothing is left out. */
function targetFields(target: BuildTarget): Readonly<Record<string, unknown>> {
  return {
    context: target.context,
    contexts: mapField(target.contexts),
    dockerfile: target.dockerfile,
    'dockerfile-inline': target.dockerfileInline,
    args: mapField(target.args),
    labels: mapField(target.labels),
    tags: listField(target.tags),
    target: target.stage,
    platforms: listField(target.platforms),
    annotations: listField(target.annotations),
    attest: listField(target.attests),
    'cache-from': listField(target.cacheFrom),
    'cache-to': listField(target.cacheTo),
    secret: listField(target.secrets),
    ssh: listField(target.ssh),
    output: listField(target.outputs),
    entitlements: listField(target.entitlements),
    'extra-hosts': hostField(target.extraHosts),
    ulimits: listField(target.ulimits),
    'shm-size': target.shmSize,
    network: target.network,
    pull: target.pull ? true : undefined,
    'no-cache': target.noCache ? true : undefined,
    'no-cache-filter': listField(target.noCacheFilter),
    call: target.call,
  }
}

function mapField(values: ReadonlyMap<string, string>): Readonly<Record<string, string>> | undefined {
  return values.size === 0 ? undefined : Object.fromEntries(values)
}

function listField(values: readonly string[]): readonly string[] | undefined {
  return values.length === 0 ? undefined : values
}

function hostField(hosts: readonly string[]): Readonly<Record<string, string>> | undefined {
  return mapField(new Map(hosts.map((host) => [host.slice(0, host.search(/[=:]/)), host.slice(host.search(/[=:]/) + 1)] as const)))
}
