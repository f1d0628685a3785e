import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DockerfileError } from './dockerfileError.ts'
import { quoteGo, quoteGoList } from './goText.ts'
import { parseHeredocMarker } from './heredoc.ts'
import { parseSyntax } from './parser.ts'
import type { InstructionNode, SyntaxTree } from './syntaxTree.ts'
import { vectorFolder } from '../../test/support/vectors.ts'

const good = vectorFolder('parser/testfiles')
const bad = vectorFolder('parser/testfiles-negative')

function parse(text: string): SyntaxTree {
  return parseSyntax({ filename: 'Dockerfile', text })
}

/** The form of the shared vectors. */
function dump({ name, flags, args }: InstructionNode): string {
  const head = flags.length === 0 ? name : `${name} ${quoteGoList(flags)}`
  switch (args.kind) {
    case 'words':
      return `(${[head, ...args.words.map(quoteGo)].join(' ')})`
    case 'pairs':
      return `(${[head, ...args.pairs.flatMap(({ key, value }) => [key, value, args.isLegacy ? '' : '='].map(quoteGo))].join(' ')})`
    case 'trigger':
      return `(${head} ${dump(args.node)})`
  }
}

function dumpText(text: string): string {
  return parse(text).instructions.map(dump).join('\n')
}

describe('parseSyntax, by the shared vectors', { skip: good.skip }, () => {
  const names = good.path === undefined ? [] : readdirSync(good.path)
  it('finds all of them', () => assert.equal(names.length, 33))
  for (const name of names) {
    const read = (file: string): string => readFileSync(`${good.path ?? ''}/${name}/${file}`, 'utf8')
    it(`reads ${name}`, () => assert.equal(dumpText(read('Dockerfile')), read('result').trimEnd()))
  }
})

describe('parseSyntax, by the shared vectors of what is wrong', { skip: bad.skip }, () => {
  for (const name of bad.path === undefined ? [] : readdirSync(bad.path)) {
    it(`refuses ${name}`, () => assert.throws(() => parse(readFileSync(`${bad.path ?? ''}/${name}/Dockerfile`, 'utf8')), DockerfileError))
  }
})

describe('parseSyntax', () => {
  const cases = [
    { name: 'forgives a byte order mark and carriage returns', text: '\ufeffFROM a\r\nRUN b \\\r\n  c\r\n', want: '(from "a")\n(run "b   c")' },
    { name: 'goes on over comments inside a continuation', text: 'RUN a \\\n  # why\n#b\\\n  c', want: '(run "a   c")' },
    { name: 'forgives blanks behind the continuation character', text: 'RUN a \\ \t\n  c', want: '(run "a   c")' },
    { name: 'takes the escape character from the directive', text: '# escape=`\nRUN a `\n  C:\\', want: '(run "a   C:\\\\")' },
    { name: 'takes no directive behind a comment', text: '# hello\n# escape=`\nRUN a `\nRUN b', want: '(run "a `")\n(run "b")' },
    { name: 'knows all three directives', text: '# syntax=docker/dockerfile:1\n# check=skip=all\n# escape=`\nRUN a`\nb', want: '(run "ab")' },
    { name: 'takes a broken list for a command', text: 'CMD ["a", b]', want: '(cmd "[\\"a\\", b]")' },
    { name: 'takes quotes and escapes off flags', text: `COPY --a="b c" --d='e "f"' --g=h\\ i x y`, want: '(copy ["--a=b c" "--d=e \\"f\\"" "--g=h i"] "x" "y")' },
    { name: 'splits at no blank but spaces, tabs and the like', text: 'COPY a\u00a0b c', want: '(copy "a\\u00a0b" "c")' },
    { name: 'lets words through that are no instruction', text: 'FORM a', want: '(form)' },
    { name: 'nests ONBUILD', text: 'ONBUILD COPY --from=x ["a b", "c"]', want: '(onbuild (copy ["--from=x"] "a b" "c"))' },
  ]
  for (const { name, text, want } of cases) it(name, () => assert.equal(dumpText(text), want))

  it('says which lines an instruction spans', () => {
    const spans = parse('FROM a\n\nRUN b \\\n# c\n  d\nCMD e\n').instructions.map(({ span }) => [span.startLine, span.endLine])
    assert.deepEqual(spans, [[1, 1], [3, 5], [6, 6]])
  })
  it('reads heredocs to their ends', () => {
    const [run, copy, from] = parse('RUN <<A cat <<-"B"\none\nA\ntwo\n\tB\nCOPY <<f /\nthree\nf\nFROM x').instructions
    assert.deepEqual(run?.heredocs.map(({ terminator, content }) => [terminator, content]), [['A', 'one\n'], ['B', 'two\n']])
    assert.deepEqual([copy?.heredocs[0]?.content, from?.name, from?.span.startLine], ['three\n', 'from', 9])
  })
  it('takes a heredoc by its word, as a shell does', () => {
    const markers = ['<<EOF', '<<-EOF', '3<<EOF', '<<"E F"', "<<'EOF'", '<<E\\OF', '<<E"O"F', '<<$X', '<<', '<<<x', '<<""', 'x<<EOF'].map((word) => parseHeredocMarker(word))
    assert.deepEqual(markers.map((marker) => marker && [marker.terminator, marker.isChomped, marker.isExpanded]), [
      ['EOF', false, true], ['EOF', true, true], ['EOF', false, true], ['E F', false, false], ['EOF', false, false], ['EOF', false, false], ['EOF', false, false], ['$X', false, true], undefined, undefined, undefined, undefined,
    ])
  })
  it('keeps the carriage returns of a heredoc', () => assert.equal(parse('RUN <<A\r\none\r\nA\r\n').instructions[0]?.heredocs[0]?.content, 'one\r\n'))
  it('takes no shift operator for a heredoc', () => assert.equal(dumpText('RUN echo $((1<<2))\nRUN x'), '(run "echo $((1<<2))")\n(run "x")'))
  it('notes empty continuation lines', () => assert.deepEqual(parse('RUN a \\\n\n  b').emptyContinuations.map(({ startLine }) => startLine), [3]))
  it('keeps the comments right above an instruction', () => {
    const { instructions } = parse('# syntax=docker/dockerfile:1\n# one\n\n  # two\n#three \nFROM a\nRUN b \\\n# four\n  c\n# five\n#\nRUN d')
    assert.deepEqual(instructions.map(({ comments }) => comments), [['two', 'three'], [], []])
  })

  const errors = [
    { text: '', message: /^file with no instructions$/, line: 1 },
    { text: '# escape=x\nFROM a', message: /^invalid escape token 'x' does not match ` or \\$/, line: 1 },
    { text: '# escape=`\n# escape=`\nFROM a', message: /^only one escape parser directive can be used$/, line: 2 },
    { text: 'FROM a\nENV PATH', message: /^ENV must have two arguments$/, line: 2 },
    { text: 'FROM a\nLABEL a=b c', message: /^Syntax error - can't find = in "c"\. Must be of the form: name=value$/, line: 2 },
    { text: 'FROM a\nCMD [1]', message: /^when using JSON array syntax, arrays must be comprised of strings only$/, line: 2 },
    { text: `FROM a\n${'ONBUILD '.repeat(20_000)}`, message: /^Chaining ONBUILD/, line: 2 },
    { text: 'FROM a\nRUN <<EOF\nx', message: /^unterminated heredoc$/, line: 2 },
  ]
  for (const { text, message, line } of errors) {
    it(`says what is wrong with ${JSON.stringify(text.slice(0, 60))} and where`, () => {
      assert.throws(() => parse(text), (error) => error instanceof DockerfileError && message.test(error.message) && error.span.startLine === line)
    })
  }
  it('throws nothing but DockerfileError on any text', () => {
    const word = fc.constantFrom('FROM', 'RUN', 'ENV', 'ONBUILD', 'HEALTHCHECK', '#', '\\', '\n', ' ', '"', "'", '[', ']', '=', '--', '<<', 'x', '`', '\r\n', 'escape')
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.array(word, { maxLength: 30 }).map((words) => words.join(''))), (text) => {
        try {
          parse(text)
        } catch (error) {
          assert.ok(error instanceof DockerfileError)
        }
      }),
    )
  })
  it('stays quick on a long line of what could be anything', () => {
    const start = process.cpuUsage().user
    parse(`RUN ${'--\\"'.repeat(20_000)}\nENV ${'"\\'.repeat(20_000)}=\nCOPY ${'<<'.repeat(20_000)} ${' '.repeat(50_000)}x`)
    assert.ok(process.cpuUsage().user - start < 1_000_000)
  })
})
