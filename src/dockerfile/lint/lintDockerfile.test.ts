import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { vectorFolder } from '../../../test/support/vectors.ts'
import { DockerfileError } from '../dockerfileError.ts'
import { checkText, lintText, type LintOptions } from './lintText.suite.ts'

const EXPERIMENTAL: LintOptions = { buildArgs: new Map([['BUILDKIT_DOCKERFILE_CHECK', 'experimental=all']]) }

interface Case {
  readonly text: string
  readonly want: readonly string[]
  readonly options?: LintOptions
}

describe('the rules of BuildKit', () => {
  const cases: readonly Case[] = [
    { text: 'FROM a:1 AS Build', want: ['StageNameCasing:1'] },
    { text: 'FROM a:1 AS build', want: [] },
    { text: 'FROM a:1 as build', want: ['FromAsCasing:1'] },
    { text: 'from a:1 AS build', want: ['FromAsCasing:1'] },
    { text: 'from a:1 as build', want: [] },
    { text: 'From a:1 as build', want: ['ConsistentInstructionCasing:1'] },
    { text: 'FROM --platform=$BUILDPLATFORM a:1 as b', want: ['FromAsCasing:1'] },
    { text: '\nFROM scratch\n# warning\nCOPY a \\\n\n.\nCOPY a \\\n.', want: ['NoEmptyContinuation:6'] },
    { text: 'FROM a:1\nRUN x \\\n# comment\n  y', want: [] },
    { text: 'FROM a:1\nrun x\nRUN y', want: ['ConsistentInstructionCasing:2'] },
    { text: 'from a:1\nRun x\ncmd ["y"]', want: ['ConsistentInstructionCasing:2'] },
    { text: 'FROM a:1\nrun x', want: ['ConsistentInstructionCasing:2'] },
    { text: 'arg A=1\nFROM a:1\nRUN x', want: [] },
    { text: 'FROM a:1 AS b\nFROM a:1 AS b', want: ['DuplicateStageName:2'] },
    { text: 'FROM a:1 AS b\nFROM a:1 AS c', want: [] },
    { text: 'FROM a:1 AS scratch\nFROM a:1 AS context', want: ['ReservedStageName:1', 'ReservedStageName:2'] },
    { text: 'FROM a:1\nCMD echo', want: ['JSONArgsRecommended:2'] },
    { text: 'FROM a:1\nENTRYPOINT exec x', want: ['JSONArgsRecommended:2'] },
    { text: 'FROM a:1\nSHELL ["/bin/bash", "-c"]\nCMD echo', want: [] },
    { text: 'FROM shelled:1\nCMD echo', want: [] },
    { text: 'FROM a:1\nCMD ["echo"]\nHEALTHCHECK CMD x', want: [] },
    { text: 'FROM a:1\nMAINTAINER me', want: ['MaintainerDeprecated:2'] },
    { text: 'ARG VERSION=1\nFROM a:${VERSIO}', want: ['UndefinedArgInFrom:2', 'InvalidDefaultArgInFrom:2'] },
    { text: 'FROM --platform=$BULIDPLATFORM a:1', want: ['UndefinedArgInFrom:1'] },
    { text: 'ARG V\nFROM a:1$V\nFROM --platform=$BUILDPLATFORM b:1', want: [] },
    { text: 'FROM a:1\nWORKDIR app\nWORKDIR b', want: ['WorkdirRelativePath:2'] },
    { text: 'FROM a:1\nWORKDIR /app\nWORKDIR b', want: [] },
    { text: 'FROM a:1 AS x\nWORKDIR /app\nFROM x\nWORKDIR b', want: [] },
    { text: 'FROM a:1\nENV D=/x\nWORKDIR $D', want: [] },
    { text: 'FROM a:1\nCOPY $X /\nARG Y\nCOPY $Y /', want: ['UndefinedVar:2'] },
    { text: 'FROM a:1\nENV A=$LANG B=${NONE}', want: ['UndefinedVar:2'] },
    { text: "FROM a:1\nLABEL a='$NONE'\nRUN echo $NONE\nCMD [\"$NONE\"]", want: [] },
    { text: 'FROM a:1\nARG A=$NONE', want: ['UndefinedVar:2'] },
    { text: 'FROM a:1\nCOPY --exclude=$no <<A <<"B" /\n"$none" \\$it\nA\n$quoted\nB\nRUN <<C\n$shell\nC', want: ['UndefinedVar:2-6', 'UndefinedVar:2-6'] },
    { text: 'FROM a:1\nARG A=$NONE', options: { buildArgs: new Map([['A', '1']]) }, want: [] },
    { text: 'FROM a:1\nUSER $u\nVOLUME $v\nSTOPSIGNAL 9$s', want: ['UndefinedVar:2', 'UndefinedVar:3', 'UndefinedVar:4'] },
    { text: 'FROM a:1\nCMD ["a"]\nRUN x\nCMD ["b"]\nENTRYPOINT ["c"]', want: ['MultipleInstructionsDisallowed:2'] },
    { text: 'FROM a:1 AS x\nCMD ["a"]\nFROM x\nCMD ["b"]', want: [] },
    { text: 'FROM a:1\nHEALTHCHECK NONE\nHEALTHCHECK CMD a\nHEALTHCHECK CMD b', want: ['MultipleInstructionsDisallowed:2', 'MultipleInstructionsDisallowed:3'] },
    { text: 'FROM a:1\nENV a b\nLABEL c d', want: ['LegacyKeyValueFormat:2', 'LegacyKeyValueFormat:3'] },
    { text: 'FROM a:1\nENV a=b c=d', want: [] },
    { text: 'FROM lone:1', options: { platforms: ['linux/arm64'] }, want: ['InvalidBaseImagePlatform:1'] },
    { text: 'FROM a:1\nCOPY --from=lone:1 / /', options: { platforms: ['linux/arm64'] }, want: ['InvalidBaseImagePlatform:2'] },
    { text: 'FROM --platform=$TARGETPLATFORM a:1', want: ['RedundantTargetPlatform:1'] },
    { text: 'FROM --platform=${TARGETPLATFORM} a:1', want: ['RedundantTargetPlatform:1'] },
    { text: 'FROM --platform=${TARGETPLATFORM:-linux/amd64} a:1', want: ['RedundantTargetPlatform:1'] },
    { text: 'FROM --platform=$TARGETOS/arm64 a:1', want: [] },
    { text: 'FROM a:1\nARG API_KEY\nENV PUBLIC_KEY=x GITHUB_TOKEN=y', want: ['SecretsUsedInArgOrEnv:2', 'SecretsUsedInArgOrEnv:3'] },
    { text: 'ARG API_KEY\nFROM a:1\nENV KEYBOARD=x KEY_FILE=y AUTHOR=z', want: [] },
    { text: 'ARG V\nFROM $V', options: { buildArgs: new Map([['V', 'a:1']]) }, want: ['InvalidDefaultArgInFrom:2'] },
    { text: 'ARG V\nFROM a:$V', options: { buildArgs: new Map([['V', '1']]) }, want: ['InvalidDefaultArgInFrom:2'] },
    { text: 'ARG V=1\nFROM a:$V', want: [] },
    { text: 'FROM --platform=linux/amd64 a:1', want: ['FromPlatformFlagConstDisallowed:1'] },
    { text: 'FROM --platform=linux/amd64 a:1 AS build-amd64', want: [] },
    { text: 'FROM a:1\nCOPY x.log sub/y /', options: { ignorePatterns: ['*.log', 'sub', '!sub/y'] }, want: ['CopyIgnoredFile:2'] },
    { text: 'FROM a:1\nADD x.log /\nCOPY . /', options: { ignorePatterns: ['*.log'] }, want: ['CopyIgnoredFile:2'] },
    { text: 'FROM a:1\nCOPY . /', options: { ignorePatterns: ['*'] }, want: ['CopyIgnoredFile:2'] },
    { text: 'FROM a:1\nCOPY . /', options: { ignorePatterns: ['*', '!src'] }, want: [] },
    { text: 'FROM a:1\nCOPY sub /', options: { ignorePatterns: ['sub', '!*/keep'] }, want: [] },
    { text: 'FROM a:1 AS b\nFROM a:1\nCOPY --from=b x.log /', options: { ignorePatterns: ['*.log'] }, want: [] },
    { text: 'FROM a:1\nCOPY <<EOF x.log /\nx\nEOF\nADD https://x.io/y.log git@x.io:y.log /', options: { ignorePatterns: ['*.log', '*EOF*'] }, want: ['CopyIgnoredFile:2-4'] },
    { text: 'FROM a:1\nEXPOSE 80/TCP 81/udp', want: ['ExposeProtoCasing:2'] },
    { text: 'FROM a:1\nEXPOSE 127.0.0.1:80:80 8080:80 81', want: ['ExposeInvalidFormat:2', 'ExposeInvalidFormat:2'] },
    { text: '# a comment\nFROM a:1 AS b\n# A is described\nARG A\n# other\nARG B C', options: EXPERIMENTAL, want: ['InvalidDefinitionDescription:1', 'InvalidDefinitionDescription:6'].map((place) => place.replace(':1', ':2')) },
    { text: '# syntax=docker/dockerfile:1\nFROM a:1 AS b\n# a comment\n\nARG A\n# A is\n# check=skip=StageNameCasing\nARG A', options: EXPERIMENTAL, want: [] },
    { text: '# a comment\nFROM a:1 AS b', want: [] },
    { text: '# syntax=docker/dockerfile:1.99\nFROM a:1', want: ['NewerSyntax:1'] },
    { text: '# syntax=docker/dockerfile:1.7-labs@sha256:00\nFROM a:1', want: [] },
  ]
  for (const { text, options, want } of cases) {
    it(`find ${want.join(', ') || 'nothing'} in ${JSON.stringify(text)}`, async () => assert.deepEqual(await lintText(text, options), want))
  }

  it('name what they are about, and where more is said', async () => {
    const { warnings } = await checkText('ARG VERSION=1\nFROM a:${VERSIO:-1} AS Build\nEXPOSE 1:1\nCMD x')
    assert.deepEqual(
      warnings.map(({ rule, message, url }) => [rule, message, url]),
      [
        ['StageNameCasing', "the stage name 'Build' is not in lower case", 'https://docs.docker.com/go/dockerfile/rule/stage-name-casing/'],
        ['UndefinedArgInFrom', "FROM uses 'VERSIO', and no ARG before it declares that (did you mean VERSION?)", 'https://docs.docker.com/go/dockerfile/rule/undefined-arg-in-from/'],
        ['ExposeInvalidFormat', "EXPOSE takes no address and no port of the host, and has '1:1'", 'https://docs.docker.com/go/dockerfile/rule/expose-invalid-format/'],
        ['JSONArgsRecommended', 'CMD runs in a shell, which gets the signals in its place: write a JSON list, CMD ["program", "argument"]', 'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/'],
      ],
    )
  })
})

describe('what is looked at', () => {
  it('is every stage, where no target is named', async () => {
    assert.deepEqual(await lintText('FROM a:1 AS unused\nCMD x\nFROM a:1'), ['JSONArgsRecommended:2'])
    assert.deepEqual(await lintText('FROM a:1 AS unused\nCMD x\nFROM a:1', { target: '1' }), [])
  })
  it('is what stands before a mistake', async () => {
    const { warnings, error } = await checkText('FROM a:1 AS B\nCMD x\nCOPY ${ /\nCMD y')
    assert.deepEqual(warnings.map(({ rule }) => rule), ['StageNameCasing', 'JSONArgsRecommended'])
    assert.ok(error instanceof DockerfileError)
    assert.equal(error.span.startLine, 3)
  })
})

describe('checks that are asked for', () => {
  const text = 'FROM a:1 AS B\nCMD x'
  const cases: readonly Case[] = [
    { text: `# check=skip=StageNameCasing\n${text}`, want: ['JSONArgsRecommended:3'] },
    { text: `# check = skip = StageNameCasing, JSONArgsRecommended ; error = false\n${text}`, want: [] },
    { text: `# check=skip=all\n${text}`, want: [] },
    { text: `# syntax=docker/dockerfile:1\n# check=skip=all\n${text}`, want: [] },
    { text: `#!/bin/docker\n# check=skip=all\n${text}`, want: [] },
    { text: `\ufeff# check=skip=all\n${text}`, want: [] },
    { text: `# other\n# check=skip=all\n${text}`, want: ['JSONArgsRecommended:4'] },
    { text: `# check=skip=all\n${text}`, options: { buildArgs: new Map([['BUILDKIT_DOCKERFILE_CHECK', '']]) }, want: ['StageNameCasing:2', 'JSONArgsRecommended:3'] },
    { text, options: { buildArgs: new Map([['BUILDKIT_DOCKERFILE_CHECK', 'skip=all']]) }, want: [] },
    { text: 'FROM a:1\n# check=skip=JSONArgsRecommended // it traps signals\nCMD x', want: [] },
    { text: 'FROM a:1\n# check=out\nCMD x', want: ['JSONArgsRecommended:3'] },
    { text: '# c\nFROM a:1 AS b', options: { buildArgs: new Map([['BUILDKIT_DOCKERFILE_CHECK_EXPERIMENTAL', 'InvalidDefinitionDescription']]) }, want: ['InvalidDefinitionDescription:2'] },
    { text: '# check=experimental=all;skip=all\n\n# c\nFROM a:1 AS B', want: ['InvalidDefinitionDescription:4'] },
  ]
  for (const { text: dockerfile, options, want } of cases) {
    it(`leave ${want.join(', ') || 'nothing'} of ${JSON.stringify(dockerfile)}${options === undefined ? '' : ' by arguments'}`, async () => assert.deepEqual(await lintText(dockerfile, options), want))
  }
  const refused = [
    { text: '# check=skip\nFROM a', message: 'invalid check option "skip"' },
    { text: '# check=skip=all;foo=1\nFROM a', message: 'invalid check option "foo"' },
    { text: '# check=error=maybe\nFROM a', message: 'failed to parse check option "error=maybe"' },
  ]
  for (const { text: dockerfile, message } of refused) {
    it(`are refused: ${JSON.stringify(dockerfile)}`, async () => {
      const { error } = await checkText(dockerfile)
      assert.ok(error instanceof DockerfileError)
      assert.deepEqual([error.message, error.span.startLine], [message, 1])
    })
  }
})

describe('linting', () => {
  const word = fc.constantFrom('FROM a:1', 'FROM scratch AS A', '--platform=$X', 'RUN x', 'run', 'CMD', 'COPY', '--from=a', 'ENV', 'LABEL', 'ARG', 'v=w', '$v', '${v', '}', '\n', '\n', '\n', ' ', ' ', '"', "'", '["a"]', 'ONBUILD', 'WORKDIR', 'EXPOSE', '80:80/TCP', '# check=skip=all', '#', 'curl http://x/amd64', '$TARGETARCH', 'uname -m', 'GOARCH=', '$(', '`', '&&', '|', 'go build', '\\', '<<EOF', 'EOF')
  const texts = fc.array(word, { maxLength: 30 }).map((words) => `FROM a:1 AS a\n${words.join(' ')}`)
  it('finds things, or refuses the text, and never throws', async () => {
    await fc.assert(fc.asyncProperty(texts, async (text) => void (await checkText(text, { ...EXPERIMENTAL, platforms: ['linux/amd64', 'linux/arm64'] }))), { numRuns: 500 })
  })
  const good = vectorFolder('parser/testfiles')
  it('never throws on the shared vectors', { skip: good.skip }, async () => {
    for (const name of readdirSync(good.path ?? '')) await checkText(readFileSync(`${good.path ?? ''}/${name}/Dockerfile`, 'utf8'), EXPERIMENTAL)
  })
})
