import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../ground/digest.ts'
import { emptyImageConfig } from '../ground/oci/imageConfig.ts'
import { DockerfileError } from './dockerfileError.ts'
import { lowerDockerfile, type ImageResolver } from './lower.ts'
import { lowerRequest } from './lowerRequest.suite.ts'

/*
 * Whatever the Dockerfile reference (docs.docker.com/reference/dockerfile) lets one say is done, or refused by its name
 * with its line: that a flag changes nothing of the graph, nor of the config, means that it was passed over.
 */
const resolver: ImageResolver = {
  resolveImage: async (reference, platform) => {
    const layer = { created: undefined, createdBy: 'ADD rootfs', author: undefined, comment: undefined, emptyLayer: false }
    const config = { ...emptyImageConfig(platform), diffIds: [digestOf(reference)], history: [layer] }
    return { reference: `${reference}@${digestOf(reference)}`, manifest: digestOf(`${reference} ${platform.architecture}`), config }
  },
}

/** What comes of a Dockerfile whose third line is `line`, its history aside. */
async function effectOf(line: string): Promise<string> {
  const text = `FROM alpine AS other\nFROM alpine\n${line}\n`
  const { graph, root, config } = await lowerDockerfile(lowerRequest(text), resolver, new AbortController().signal)
  const { history, ...rest } = config
  const vertices = [...graph.values()].map(({ op, inputs, platform }) => ({ op, inputs, platform }))
  return JSON.stringify({ vertices, root, config: { ...rest, labels: [...config.container.labels] }, steps: history.length }, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
}

/** Undefined where it is done. */
async function refusalOf(line: string): Promise<DockerfileError | undefined> {
  try {
    await effectOf(line)
    return undefined
  } catch (error) {
    assert.ok(error instanceof DockerfileError, `${line}: ${String(error)}`)
    return error
  }
}

interface Clause {
  /** Whole, with what is looked at. */
  readonly line: string
  /** The same without it. */
  readonly without: string
  readonly name: string
  /** A refusal names it, or the mount's type with all its options. */
  readonly within?: string
}

const mount = (type: string, rest: string, ...options: readonly string[]): readonly Clause[] =>
  options.map((option) => ({ line: `RUN --mount=type=${type},${rest},${option} true`, without: `RUN --mount=type=${type},${rest} true`, name: option.split('=')[0] ?? '', within: `type=${type}` }))

const flags = (instruction: string, rest: string, ...names: readonly string[]): readonly Clause[] =>
  names.map((flag) => ({ line: `${instruction} ${flag} ${rest}`, without: `${instruction} ${rest}`, name: flag.split('=')[0] ?? '' }))

const CLAUSES: readonly Clause[] = [
  ...flags('FROM', 'alpine', '--platform=linux/arm64'),
  ...flags('COPY', 'a b /', '--from=other', '--chown=1:2', '--chmod=700', '--chmod=u=rwx', '--link', '--parents', '--exclude=*.md'),
  ...flags('ADD', 'a b /', '--chown=1:2', '--chmod=700', '--link', '--exclude=*.md', '--unpack=false'),
  ...flags('ADD', 'https://example.org/a.tar /', `--checksum=${digestOf('a')}`, '--unpack=true', '--chown=1', '--chmod=400'),
  ...flags('ADD', 'https://example.org/a.git /', '--keep-git-dir=true', `--checksum=${'a'.repeat(40)}`),
  ...flags('RUN', 'true', '--network=none', '--network=host', '--security=insecure', '--device=vendor.com/device', '--device=vendor.com/device=name', '--device=vendor.com/device=name,required', '--mount=type=bind,target=/m', '--mount=type=cache,target=/m', '--mount=type=tmpfs,target=/m', '--mount=type=secret,id=s', '--mount=type=ssh'),
  ...flags('HEALTHCHECK', 'CMD true', '--interval=1s', '--timeout=1s', '--start-period=1s', '--start-interval=1s', '--retries=2'),
  ...mount('bind', 'target=/m', 'source=a', 'src=a', 'from=other', 'rw', 'readwrite=true', 'ro=false', 'readonly=false'),
  ...mount('cache', 'target=/m', 'id=x', 'sharing=locked', 'sharing=private', 'from=other', 'source=/a', 'mode=0700', 'uid=3', 'gid=3', 'ro', 'readonly'),
  ...mount('tmpfs', 'target=/m', 'size=1m'),
  ...mount('secret', 'id=s', 'target=/m', 'dst=/m', 'required', 'mode=0444', 'uid=3', 'gid=3', 'env=S'),
  ...mount('ssh', 'mode=0600', 'id=x', 'target=/m', 'required', 'uid=3', 'gid=3'),
]

describe('what the Dockerfile reference knows', () => {
  for (const { line, without, name, within = name } of CLAUSES) {
    it(`is done, or refused by its name and line: ${line}`, async () => {
      const refusal = await refusalOf(line)
      if (refusal === undefined) assert.notEqual(await effectOf(line), await effectOf(without), `${name} changes nothing`)
      else assert.deepEqual({ isNamed: [name, within].some((word) => refusal.message.includes(word)), line: refusal.span.startLine }, { isNamed: true, line: 3 }, refusal.message)
    })
  }
})

/** One of each, and what it may not have beside the flags above. */
const INSTRUCTIONS: ReadonlyMap<string, string> = new Map([
  ['ADD', 'a /'],
  ['ARG', 'A=1'],
  ['CMD', 'true'],
  ['COPY', 'a /'],
  ['ENTRYPOINT', 'true'],
  ['ENV', 'A=1'],
  ['EXPOSE', '80'],
  ['FROM', 'scratch'],
  ['HEALTHCHECK', 'CMD true'],
  ['LABEL', 'a=b'],
  ['MAINTAINER', 'someone'],
  ['ONBUILD', 'RUN true'],
  ['RUN', 'true'],
  ['SHELL', '["/bin/sh"]'],
  ['STOPSIGNAL', '9'],
  ['USER', 'nobody'],
  ['VOLUME', '/v'],
  ['WORKDIR', '/w'],
])
const FLAGS = [...new Set(CLAUSES.filter(({ name }) => name.startsWith('--')).map(({ name }) => name))]
const isKnown = (instruction: string, flag: string): boolean => CLAUSES.some(({ line, name }) => line.startsWith(`${instruction} `) && name === flag)

describe('an instruction', () => {
  for (const [instruction, rest] of INSTRUCTIONS) {
    it(`is known, whatever the case of its letters: ${instruction}`, async () => {
      const spellings = [instruction, instruction.toLowerCase(), `${instruction.slice(0, 1)}${instruction.slice(1).toLowerCase()}`]
      const effects = await Promise.all(spellings.map((spelling) => effectOf(`${spelling} ${rest}`)))
      assert.deepEqual(effects, effects.map(() => effects[0]))
    })
    const others = FLAGS.filter((flag) => !isKnown(instruction, flag))
    for (const flag of others) {
      it(`refuses the flag of another: ${instruction} ${flag}`, async () => {
        const refusal = await refusalOf(`${instruction} ${flag}=1 ${rest}`)
        assert.deepEqual({ isNamed: refusal?.message.includes(flag), line: refusal?.span.startLine }, { isNamed: true, line: 3 }, refusal?.message)
      })
    }
  }
  for (const name of ['CROSS_BUILD', 'INCLUDE', 'IMPORT', 'RUNS', 'EXTRACT']) {
    it(`that is none is refused by its name: ${name}`, async () => {
      const refusal = await refusalOf(`${name} x`)
      assert.deepEqual({ isNamed: refusal?.message.includes(name), line: refusal?.span.startLine }, { isNamed: true, line: 3 })
    })
  }
})
