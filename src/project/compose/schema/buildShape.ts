import { type MapNode, scalar, textAt, withEntry } from '../yaml/node.ts'
import { byText, HOSTS, LABELS, PLAIN_TEXTS, TEXT_OR_TEXTS, TEXTS, VARIABLES } from './lists.ts'
import { BOOLEAN, BYTES, FILE_MODE, INTEGER, TEXT, TEXT_LIKE, TEXT_OR_BOOLEAN, TOLD_INTEGER } from './scalars.ts'
import { dictionaryOf, listOf, record, type RecordShape, type Shape } from './shape.ts'
import { keyValue, shortFor, sshOfMap } from './short/texts.ts'

const GRANT_FIELDS = { source: TEXT, target: TEXT, uid: TEXT, gid: TEXT, mode: FILE_MODE }

/** A secret or a config, for those who may see it. */
export const GRANT = record(GRANT_FIELDS, { short: shortFor('source') })

export const SECRET_GRANT = record(GRANT_FIELDS, { short: shortFor('source'), complete: withSecretTarget })

function withSecretTarget(node: MapNode): MapNode {
  const source = textAt(node, 'source')
  return node.entries.has('target') || source === undefined ? node : withEntry(node, 'target', scalar(`/run/secrets/${source}`, node.place))
}

/** One number for both limits, or each its own. */
const ULIMIT: RecordShape = record(
  { soft: TOLD_INTEGER, hard: TOLD_INTEGER },
  { needed: ['soft', 'hard'], merge: 'replace', dropsZeroInJson: true, short: (node) => shortUlimit(INTEGER.read(node.value ?? ''), node) },
)

function shortUlimit(limit: ReturnType<typeof INTEGER.read>, node: Parameters<NonNullable<RecordShape['short']>>[0]): ReturnType<NonNullable<RecordShape['short']>> {
  if (limit === undefined) return undefined
  const value = scalar(limit, node.place)
  return limit === 0 ? { kind: 'map', entries: new Map([['soft', value], ['hard', value]]), place: node.place } : value
}

export const ULIMITS = dictionaryOf(ULIMIT, { keys: /^[a-z]+$/ })

/** Compose specification, "Compose Build Specification". */
export const BUILD: Shape = record(
  {
    context: TEXT,
    dockerfile: TEXT,
    dockerfile_inline: TEXT,
    entitlements: PLAIN_TEXTS,
    args: VARIABLES,
    provenance: TEXT_OR_BOOLEAN,
    sbom: TEXT_OR_BOOLEAN,
    ssh: listOf(TEXT, { from: sshOfMap, keyOf: (item) => byText(item).split('=', 1).join('') }),
    labels: LABELS,
    cache_from: PLAIN_TEXTS,
    cache_to: PLAIN_TEXTS,
    no_cache: BOOLEAN,
    no_cache_filter: TEXT_OR_TEXTS,
    additional_contexts: dictionaryOf(TEXT_LIKE, { fromItem: keyValue(''), nullIs: '' }),
    pull: BOOLEAN,
    extra_hosts: HOSTS,
    isolation: TEXT,
    network: TEXT,
    target: TEXT,
    secrets: listOf(GRANT),
    shm_size: BYTES,
    tags: TEXTS,
    ulimits: ULIMITS,
    platforms: TEXTS,
    privileged: BOOLEAN,
  },
  { short: shortFor('context'), complete: (node) => (node.entries.has('context') ? node : withEntry(node, 'context', scalar('.', node.place))) },
)
