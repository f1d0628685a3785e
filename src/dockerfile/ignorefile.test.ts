import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidValueError } from '../ground/errors.ts'
import { createIgnoreMatcher, parseIgnoreFile } from './ignorefile.ts'

describe('parseIgnoreFile', () => {
  it('cleans what it reads', () => {
    const text = ['\ufefftest1', '/test2', '/a/file/here', '', 'lastfile', '# this is a comment', '! /inverted/abs/path', '!', '! ', 'dir/ \r', './x/../y', ' # no comment', '/', '.'].join('\n')
    assert.deepEqual(parseIgnoreFile(text), ['test1', 'test2', 'a/file/here', 'lastfile', '!inverted/abs/path', '!', '!', 'dir', 'y', '# no comment', '/', '.'])
  })
})

describe('createIgnoreMatcher', () => {
  const cases: readonly (readonly [pattern: string, path: string, ignored: boolean])[] = [
    ['**', 'file', true],
    ['**', 'dir/file', true],
    ['**/', 'file', true],
    ['**/**', 'dir/file', true],
    ['dir/**', 'dir/file', true],
    ['dir/**', 'dir/dir2/file', true],
    ['dir/**', 'dir', false],
    ['**/dir', 'dir', true],
    ['**/dir', 'dir/file', true],
    ['**/dir2/*', 'dir/dir2/file', true],
    ['**/dir2/*', 'dir/dir2/dir2/file', true],
    ['**file', 'file', true],
    ['**file', 'dir/file', true],
    ['**file', 'dirfile', true],
    ['**/file', 'dirfile', false],
    ['**/file', 'dir/file', true],
    ['**/file*', 'dir/file.txt', true],
    ['**/file*txt', 'dir/file.txt', true],
    ['**/**/*.txt', 'dir/dir/file.txt', true],
    ['**/**/*.txt2', 'dir/dir/file.txt', false],
    ['a**/*.txt', 'a/file.txt', true],
    ['a**/*.txt', 'a/dir/dir/file.txt', true],
    ['a[b-d]e', 'ae', false],
    ['a[b-d]e', 'ace', true],
    ['a[^b-d]e', 'aze', true],
    ['a[^b-d]e', 'ace', false],
    ['.*', '.foo', true],
    ['.*', 'foo', false],
    ['abc.def', 'abcdef', false],
    ['abc.def', 'abcZdef', false],
    ['abc?def', 'abcZdef', true],
    ['a\\\\', 'a\\', true],
    ['a\\*', 'a*', true],
    ['**/foo/bar', 'foo/bar', true],
    ['**/foo/bar', 'dir/dir2/foo/bar', true],
    ['abc/**', 'abc/def', true],
    ['**/.foo', 'bar/.foo', true],
    ['*c', 'abc', true],
    ['*.md', 'docs/a.md', false],
    ['docs', 'docs/deep/a.md', true],
    ['docs', 'docs2', false],
    ['*/temp*', 'a/temporary.txt', true],
    ['*/temp*', 'a/b/temp.txt', false],
    ['[z-a]', 'b', false],
    ['a[/x]b', 'axb', true],
    ['a[*][*]b', 'a**b', true],
    ['a\\/b', 'a/b', true],
  ]
  for (const [pattern, path, ignored] of cases) {
    it(`${JSON.stringify(pattern)} ${ignored ? 'ignores' : 'keeps'} ${JSON.stringify(path)}`, () => assert.equal(createIgnoreMatcher([pattern]).ignores(path), ignored))
  }

  const lists: readonly (readonly [patterns: readonly string[], path: string, ignored: boolean])[] = [
    [['**', '!fileutils.go'], 'fileutils.go', false],
    [['docs', '!docs/README.md'], 'docs/README.md', false],
    [['docs/', '!docs/README.md'], 'docs/README.md', false],
    [['docs*', '!docs/README.md', 'docs/README.md'], 'docs/README.md', true],
    [['docs', '!docs/README.md'], 'docs/other.md', true],
    [['!docs/README.md', 'docs'], 'docs/README.md', true],
    [['*', '!src', 'src/secret'], 'src/deep/a.c', false],
    [['*', '!src', 'src/secret'], 'src/secret/key', true],
    [['*', '!src/**/*.c'], 'src/deep/a.h', true],
    [['*', '!src/**/*.c'], 'src/deep/a.c', false],
    [['*.go', '!a.go'], 'a.go', false],
    [['*/x', '!d'], 'd/x', true], // BuildKit: nothing was left out of which `!d` is an exception
    [['*', '!d'], 'd/x', false],
    [['**/x', '!d', '!d/x'], 'd/x', false],
    [['', '  ', ' a '], 'a', true],
    [[], 'a', false],
  ]
  for (const [patterns, path, ignored] of lists) {
    it(`${patterns.map((pattern) => JSON.stringify(pattern)).join(' then ')} ${ignored ? 'ignores' : 'keeps'} ${path}`, () => assert.equal(createIgnoreMatcher(patterns).ignores(path), ignored))
  }
  for (const pattern of ['!', '[', 'a\\', '[-x]', '![']) it(`refuses ${pattern}`, () => assert.throws(() => createIgnoreMatcher([pattern]), InvalidValueError))
})

describe('ignoresWhole', () => {
  const cases: readonly (readonly [patterns: readonly string[], folder: string, whole: boolean])[] = [
    [['node_modules'], 'node_modules', true],
    [['**/node_modules'], 'a/b/node_modules', true],
    [['node_modules', '!src/index.js'], 'node_modules', true],
    [['node_modules', '!node_modules/keep/this'], 'node_modules', false],
    [['node_modules', '!node_modules/keep/this'], 'node_modules/other', true],
    [['node_modules', '!node_modules/keep/this'], 'node_modules/keep', false],
    [['node_modules', '!**/keep'], 'node_modules', false],
    [['!node_modules/keep', 'node_modules'], 'node_modules', true],
    [['*', '!src'], 'src', false],
    [['*', '!src'], 'docs', true],
    [['*', '!s*/x'], 'src', false],
    [['*', '!s*/x'], 'src/deep', true],
    [['a/b'], 'a', false],
  ]
  for (const [patterns, folder, whole] of cases) {
    it(`is ${String(whole)} of ${folder} for ${patterns.join(', ')}`, () => assert.equal(createIgnoreMatcher(patterns).ignoresWhole(folder), whole))
  }

  const name = fc.constantFrom('a', 'b', 'ab')
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'))
  const part = fc.constantFrom('a', 'b', '*', 'a*', '**', '?', '[ab]')
  const pattern = fc.tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 3 })).map(([isException, parts]) => (isException ? '!' : '') + parts.join('/'))
  const patterns = fc.array(pattern, { maxLength: 5 })

  it('is never true above a path that is kept', () => {
    fc.assert(
      fc.property(patterns, path, (list, deep) => {
        const matcher = createIgnoreMatcher(list)
        const names = deep.split('/')
        const folders = names.slice(0, -1).map((_, index) => names.slice(0, index + 1).join('/'))
        assert.ok(matcher.ignores(deep) || !folders.some((folder) => matcher.ignoresWhole(folder)))
      }),
    )
  })
  it('decides as one rule after the other would, in whatever order the paths come', () => {
    fc.assert(
      fc.property(patterns, fc.array(path, { minLength: 1, maxLength: 8 }), (list, paths) => {
        const together = createIgnoreMatcher(list)
        const decided = paths.map((one) => together.ignores(one))
        assert.deepEqual(decided, paths.map((one) => ignoresByDefinition(list, one)))
      }),
    )
  })
})

/** Folder after folder, pattern after pattern: what a pattern changed about a folder it changes about all below. */
function ignoresByDefinition(patterns: readonly string[], path: string): boolean {
  const names = path.split('/')
  let isIgnored = false
  let matched: ReadonlySet<string> = new Set()
  for (const one of names.map((_, index) => names.slice(0, index + 1).join('/'))) {
    isIgnored = false
    const now = new Set<string>()
    for (const [index, pattern] of patterns.entries()) {
      const isException = pattern.startsWith('!')
      const isMatch = matched.has(`${index}`) || (isException === isIgnored && matchesItself(pattern.replace(/^!/, ''), one))
      if (!isMatch) continue
      now.add(`${index}`)
      isIgnored = !isException
    }
    matched = now
  }
  return isIgnored
}

/** Not by a folder above. For patterns made of the parts above. */
function matchesItself(pattern: string, path: string): boolean {
  const source = pattern.replace(/\*\*\/|\*\*$|\*|\?/g, (term) => SOURCES.get(term) ?? term)
  return new RegExp(`^${source}$`).test(path)
}

const SOURCES: ReadonlyMap<string, string> = new Map([['**/', '(.*/)?'], ['**', '.*'], ['*', '[^/]*'], ['?', '[^/]']])

describe('a context of 20,000 files', () => {
  it('takes well under half a second', () => {
    const matcher = createIgnoreMatcher(['.git', '**/node_modules', '**/*.log', 'dist/**', '!dist/keep', '**/__pycache__', '*.tmp', 'docs/*/draft-?'])
    const start = process.cpuUsage().user
    const ignored = Array.from({ length: 20_000 }, (_, index) => matcher.ignores(`packages/p${index % 100}/src/deep/file${index}.ts`)).filter(Boolean)
    assert.ok(process.cpuUsage().user - start < 400_000)
    assert.equal(ignored.length, 0)
  })
})

describe('ignoringPattern', () => {
  const matcher = createIgnoreMatcher(['*.log', 'docs', '!docs/keep', ' src/**/x '])
  const cases = [{ path: 'a.log', want: '*.log' }, { path: 'docs/deep/y', want: 'docs' }, { path: 'docs/keep', want: undefined }, { path: 'src/a/b/x/y', want: 'src/**/x' }, { path: 'other', want: undefined }]
  for (const { path, want } of cases) it(`is ${String(want)} for ${path}`, () => assert.equal(matcher.ignoringPattern(path), want))
})
