import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseDockerfile, type Dockerfile } from './dockerfile.ts'
import { DockerfileError } from './dockerfileError.ts'
import { expand } from './words/expand.ts'

/*
 * Texts that must mean the same: what a value is once it was quoted, and what a Dockerfile is with lines broken, comments
 * between them, or other line ends.
 */
const parse = (text: string): Dockerfile => parseDockerfile({ filename: 'Dockerfile', text })

/** All but where it stands and what it was written as. */
function meaning(text: string): unknown {
  const { globalArgs, stages } = parse(text)
  return JSON.parse(JSON.stringify({ globalArgs, stages }, (key, value: unknown) => (key === 'span' || key === 'text' || key === 'comments' ? undefined : value))) as unknown
}

const character = fc.constantFrom(...'abz09 =$"\'\\#{}[]<>-.,:/*?!ä'.split(''))
const value = fc.string({ unit: character, maxLength: 12 })
const quote = (text: string): string => `"${text.replace(/["\\$]/g, '\\$&')}"`
const LINES = ['ARG A=1 B="two words"', 'ENV C=3 D=$C', 'LABEL e="f g" h=i', 'RUN echo a  b "c d"', 'COPY --chown=1:2 a b /c/', 'EXPOSE 80 81/udp', 'CMD ["x", "y z"]', 'ENTRYPOINT run it', 'WORKDIR /w', 'USER u:g', 'VOLUME /a /b', 'HEALTHCHECK --retries=2 CMD check  it', 'ONBUILD RUN x', 'STOPSIGNAL 9', 'FROM base AS name']
const lines = fc.array(fc.constantFrom(...LINES), { minLength: 1, maxLength: 8 }).map((list) => ['FROM scratch', ...list])

describe('a value', () => {
  it('is itself again once it is quoted in ENV and LABEL', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), fc.constantFrom('ENV', 'LABEL'), (values, instruction) => {
        const [stage] = parse(`FROM scratch\n${instruction} ${values.map((text, index) => `k${index}=${quote(text)}`).join(' ')}\n`).stages
        const pairs = stage?.instructions.flatMap((one) => (one.kind === 'env' || one.kind === 'label' ? one.pairs : []))
        assert.deepEqual(pairs?.map((pair) => expand(pair.value, new Map(), { escape: '\\' }).text), values)
      }),
    )
  })
  it('is itself again as a word of JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 4 }), fc.constantFrom('RUN', 'CMD', 'ENTRYPOINT'), (words, instruction) => {
        const [stage] = parse(`FROM scratch\n${instruction} ${JSON.stringify(words)}\n`).stages
        const [one] = stage?.instructions ?? []
        assert.deepEqual(one !== undefined && 'command' in one ? one.command : one, { words, isShell: false })
      }),
    )
  })
})

describe('a Dockerfile means the same', () => {
  const wanted = (list: readonly string[]): unknown => meaning(`${list.join('\n')}\n`)
  const holds = (change: (list: readonly string[], salt: readonly number[]) => string): void => {
    fc.assert(fc.property(lines, fc.array(fc.nat(), { minLength: 16, maxLength: 16 }), (list, salt) => assert.deepEqual(meaning(change(list, salt)), wanted(list))))
  }
  const pick = (choices: readonly string[], at: number | undefined): string => choices[(at ?? 0) % choices.length] ?? ''
  it('with carriage returns', () => holds((list) => `${list.join('\r\n')}\r\n`))
  it('with no new line at the end', () => holds((list) => list.join('\n')))
  it('with a byte order mark', () => holds((list) => `\ufeff${list.join('\n')}\n`))
  it('with comments and empty lines between', () => holds((list, salt) => `${list.map((line, index) => line + pick(['\n# comment', '\n', '\n  \t', '\n  # a = "b \\'], salt[index])).join('\n')}\n`))
  it('with blanks before the instruction and behind it', () => holds((list, salt) => list.map((line, index) => pick(['', ' ', '\t', '   '], salt[index]) + line).join('\n')))
  it('with lines broken behind the instruction', () => holds((list) => list.map((line) => line.replace(' ', ' \\\n ')).join('\n')))
  it('with comments and empty lines inside a broken line', () => holds((list) => list.map((line) => line.replace(' ', ' \\\n# comment\n\n \\\n')).join('\n')))
  it('with the other escape character', () => holds((list) => `# escape=\`\n${list.map((line) => line.replace(' ', ' `\n ')).join('\n')}\n`))
})

describe('parsing', () => {
  const word = fc.constantFrom('FROM', 'FROM x\n', 'RUN', 'COPY', 'ENV', 'ONBUILD', 'HEALTHCHECK', '--mount=', 'type=bind', ',target=', '#', '# escape=`\n', '\\', '\n', ' ', '"', "'", '[', ']', '=', '--', '<<EOF', '<<-', 'EOF\n', '\nEOF\n', 'x', '`', '\r\n', '\u0000', '\ufeff', '${', '}', '\t', ',')
  it('throws nothing but DockerfileError, with a line that there is', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }).map((words) => words.join('')), (text) => {
        try {
          parse(text)
        } catch (error) {
          assert.ok(error instanceof DockerfileError, String(error))
          const { startLine, endLine } = error.span
          assert.ok(startLine >= 1 && startLine <= endLine && endLine <= text.split('\n').length, `${startLine} to ${endLine}`)
        }
      }),
      { numRuns: 500 },
    )
  })
  it('takes time in proportion to the text', () => {
    const hard = [`RUN ${'\\\n'.repeat(50_000)}x`, `ENV a=${'"\\'.repeat(50_000)}`, `RUN ${'[' .repeat(100_000)}`, `COPY ${'a '.repeat(100_000)}/`, `LABEL ${'a=b '.repeat(50_000)}`, `${'# x\n'.repeat(100_000)}FROM a`, `RUN ${'<<A '.repeat(2_000)}`, `CMD ["${'\\u0041'.repeat(50_000)}"]`, `ENV a=${"'".repeat(100_001)}`, `RUN --mount=${'a=b,'.repeat(50_000)} x`]
    for (const text of hard) {
      const began = performance.now()
      try {
        parse(`FROM x\n${text}\n`)
      } catch (error) {
        assert.ok(error instanceof DockerfileError, String(error))
      }
      assert.ok(performance.now() - began < 5_000, `${text.slice(0, 20)}… took ${performance.now() - began} ms`)
    }
  })
})
