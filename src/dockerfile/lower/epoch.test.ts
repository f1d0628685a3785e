import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DockerfileError } from '../dockerfileError.ts'
import { findEpoch, lowerDockerfile, type LowerRequest } from '../lower.ts'
import { lowerRequest } from '../lowerRequest.suite.ts'
import { parseNamedContext } from './contexts/namedContext.ts'

const STAGE = 'ARG SOURCE_DATE_EPOCH=src\nARG V=1\nFROM scratch AS src\n'

/** `git remote#ref`, `http url`, or the kind alone. */
function describeOrigin(text: string, options: Partial<LowerRequest> = {}): string | undefined {
  const origin = findEpoch(lowerRequest(text, options))
  if (origin?.kind === 'written') return `${origin.seconds}`
  if (origin?.kind !== 'remote') return origin?.kind
  const { source } = origin.context
  return source.kind === 'git' ? `git ${source.remote}#${source.ref}` : `http ${source.url}`
}

describe('where SOURCE_DATE_EPOCH is from', () => {
  const namedContexts = new Map([['tools', parseNamedContext('tools', 'https://host/tools.tar')], ['folder', parseNamedContext('folder', 'local:folder')]])
  const cases: readonly { readonly name: string; readonly text: string; readonly options?: Partial<LowerRequest>; readonly want: string | undefined }[] = [
    { name: 'nowhere', text: 'FROM scratch', want: undefined },
    { name: 'a number', text: 'ARG SOURCE_DATE_EPOCH=5\nFROM scratch', want: '5' },
    { name: 'a number that is given', text: `${STAGE}ADD https://host/a.git /`, options: { buildArgs: new Map([['SOURCE_DATE_EPOCH', '7']]) }, want: '7' },
    { name: 'none that is given', text: `${STAGE}ADD https://host/a.git /`, options: { buildArgs: new Map([['SOURCE_DATE_EPOCH', '']]) }, want: 'none' },
    { name: 'the build context', text: 'ARG SOURCE_DATE_EPOCH=context\nFROM scratch', want: 'context' },
    { name: 'a stage that adds a repository', text: `${STAGE}ADD https://host/a.git#v1 /`, want: 'git https://host/a.git#v1' },
    { name: 'a stage by another case', text: 'ARG SOURCE_DATE_EPOCH=SRC\nFROM scratch AS src\nADD https://host/a.git /', want: 'git https://host/a.git#' },
    { name: 'a stage that adds a file', text: `${STAGE}ADD https://host/a.txt /`, want: 'http https://host/a.txt' },
    { name: 'a stage with arguments', text: `${STAGE}ARG N=a-$V V=2\nADD https://host/$N-$V /`, want: 'http https://host/a-1-2' },
    { name: 'a stage with arguments that are given', text: `${STAGE}ARG N=a\nADD https://host/$N /`, options: { buildArgs: new Map([['N', 'b']]) }, want: 'http https://host/b' },
    { name: 'another context', text: 'ARG SOURCE_DATE_EPOCH=tools\nFROM scratch', options: { namedContexts }, want: 'http https://host/tools.tar' },
    { name: 'a folder, which has no time', text: 'ARG SOURCE_DATE_EPOCH=folder\nFROM scratch', options: { namedContexts }, want: 'none' },
  ]
  for (const { name, text, options, want } of cases) it(`is ${name}`, () => assert.equal(describeOrigin(text, options), want))

  const refused = [
    { name: 'a stage on an image', text: 'ARG SOURCE_DATE_EPOCH=src\nFROM alpine AS src\nADD https://host/a /', line: 2 },
    { name: 'a stage with a step', text: `${STAGE}ADD https://host/a /\nRUN x`, line: 5 },
    { name: 'a stage with two ADDs', text: `${STAGE}ADD https://host/a /\nADD https://host/b /`, line: 5 },
    { name: 'a stage with two sources', text: `${STAGE}ADD https://host/a https://host/b /`, line: 4 },
    { name: 'a stage that adds a file of the context', text: `${STAGE}ADD a /`, line: 4 },
    { name: 'a stage with nothing', text: STAGE, line: 3 },
    { name: 'a name of nothing', text: 'ARG SOURCE_DATE_EPOCH=nobody\nFROM scratch', line: 1 },
  ]
  for (const { name, text, line } of refused) {
    it(`is not ${name}`, async () => {
      assert.equal(describeOrigin(text), undefined)
      await assert.rejects(lowerDockerfile(lowerRequest(text), { resolveImage: () => Promise.reject(new TypeError('not asked')) }, new AbortController().signal), (error) => error instanceof DockerfileError && error.span.startLine === line)
    })
  }
})
