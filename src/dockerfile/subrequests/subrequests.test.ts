import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parsePlatform } from '../../ground/platform.ts'
import { checkText, TEST_IMAGES } from '../lint/lintText.suite.ts'
import { lowerRequest } from '../lowerRequest.suite.ts'
import { answerLint } from './lintAnswer.ts'
import { answerOutline } from './outline.ts'
import { describeSubrequests, type SubrequestAnswer } from './subrequest.ts'
import { answerTargets } from './targets.ts'

const SIGNAL = new AbortController().signal
const ARM64 = parsePlatform('linux/arm64')

/** Without the Dockerfile in base64. */
function show(title: string, answer: SubrequestAnswer): string {
  const { sources, ...document } = JSON.parse(answer.get('result.json') ?? '') as { readonly sources?: readonly string[] }
  assert.equal(sources?.length, 1)
  return `== ${title}\n${answer.get('result.txt') ?? ''}\n${JSON.stringify(document, undefined, 1)}\n`
}

/** Dockerfiles in `testdata`, each with what is said of it. UPDATE_GOLDEN=1 writes the files anew. */
describe('outline and targets, by golden files', () => {
  const folder = new URL('testdata/', import.meta.url)
  for (const name of readdirSync(folder).flatMap((file) => (file.endsWith('.Dockerfile') ? [file.slice(0, -'.Dockerfile'.length)] : []))) {
    it(`tells of ${name}`, async () => {
      const request = lowerRequest(readFileSync(new URL(`${name}.Dockerfile`, folder), 'utf8'), { targetPlatform: ARM64 })
      const got = show('outline', await answerOutline(request, TEST_IMAGES, SIGNAL)) + show('targets', answerTargets(request.source))
      const golden = new URL(`${name}.golden`, folder)
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, got)
      assert.equal(got, readFileSync(golden, 'utf8'))
    })
  }
  it('outlines the target that is asked for, with the values that are given', async () => {
    const text = readFileSync(new URL('described.Dockerfile', folder), 'utf8')
    const answer = await answerOutline(lowerRequest(text, { targetPlatform: ARM64, target: 'unused', buildArgs: new Map([['NEVER', '2']]) }), TEST_IMAGES, SIGNAL)
    assert.equal(answer.get('result.txt'), 'TARGET: unused\n\nBUILD ARG   VALUE   DESCRIPTION\nNEVER       2\n')
  })
})

describe('the answer to frontend.lint', () => {
  const source = { filename: 'sub/Dockerfile', text: 'FROM a:1 AS B\n# é\nCMD x \\\n y\n' }
  it('has what BuildKit has in it, and status 1', async () => {
    const answer = answerLint(source, await checkText(source.text))
    assert.deepEqual(JSON.parse(answer.get('result.json') ?? ''), {
      warnings: [
        {
          ruleName: 'StageNameCasing',
          description: 'names of stages are written in lower case',
          url: 'https://docs.docker.com/go/dockerfile/rule/stage-name-casing/',
          detail: "the stage name 'B' is not in lower case",
          location: { ranges: [{ start: { line: 1 }, end: { line: 1 } }] },
        },
        {
          ruleName: 'JSONArgsRecommended',
          description: 'CMD and ENTRYPOINT are JSON lists, so that the program itself gets the signals and not a shell',
          url: 'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/',
          detail: 'CMD runs in a shell, which gets the signals in its place: write a JSON list, CMD ["program", "argument"]',
          location: { ranges: [{ start: { line: 3 }, end: { line: 3 } }, { start: { line: 4 }, end: { line: 4 } }] },
        },
      ],
      sources: [{ filename: 'sub/Dockerfile', data: Buffer.from(source.text).toString('base64'), language: 'Dockerfile' }],
    })
    assert.deepEqual([answer.get('result.statuscode'), answer.get('version')], ['1', '1.0.0'])
    assert.match(answer.get('result.txt') ?? '', /^\nWARNING: StageNameCasing - https:.*\nthe stage name 'B' .*\nDockerfile:1\n-+\n {3}1 \| >>> FROM/)
  })
  it('tells the mistake that ends a build', async () => {
    const answer = answerLint(source, await checkText('FROM a:1\nCOPYY b c'))
    const { buildError } = JSON.parse(answer.get('result.json') ?? '') as { readonly buildError: unknown }
    const message = 'dockerfile parse error on line 2: unknown instruction: COPYY'
    assert.deepEqual(buildError, { message, hint: 'did you mean COPY?', location: { ranges: [{ start: { line: 2 }, end: { line: 2 } }] } })
    assert.equal(answer.get('result.statuscode'), '1')
  })
  it('has status 0 where there is nothing to tell', async () => {
    const answer = answerLint(source, await checkText('FROM a:1'))
    assert.deepEqual([answer.get('result.statuscode'), answer.get('result.txt')], ['0', ''])
  })
})

describe('the list of what can be asked', () => {
  it('names each with its version', () => {
    const names = (JSON.parse(describeSubrequests().get('result.json') ?? '') as readonly { readonly name: string; readonly version: string; readonly type: string }[]).map(({ name, version, type }) => `${name} ${version} ${type}`)
    assert.deepEqual(names, ['frontend.outline 1.0.0 rpc', 'frontend.targets 1.0.0 rpc', 'frontend.lint 1.0.0 rpc', 'pelago.plan 1.0.0 rpc', 'frontend.subrequests.describe 1.0.0 rpc'])
  })
})
