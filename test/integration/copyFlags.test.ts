import assert from 'node:assert/strict'
import { chmodSync, createReadStream, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readTar } from '../../src/archive/tarReader.ts'
import { textOfBytes } from '../../src/kit/byteString.ts'
import { openFileBuilds, type BuiltFiles, type FileBuilds } from '../support/fileBuilds.ts'
import { missing } from '../support/requires.ts'
import { readManifest, tool } from '../support/images/unpackedImage.ts'

const paths = ({ files }: BuiltFiles): readonly string[] => [...files].flatMap(([path, line]) => (line.startsWith('folder') ? [] : [path]))

describe('flags of COPY and ADD', { skip: missing('tar'), concurrency: false }, () => {
  let builds: FileBuilds
  before(async () => {
    builds = await openFileBuilds()
  })
  after(() => builds[Symbol.asyncDispose]())

  it('--chmod takes octal digits, changes, and variables', async () => {
    const context = await builds.pelago.context({ 'dir/tool': 't', 'dir/plain': 'p' })
    chmodSync(join(context, 'dir/tool'), 0o700)
    chmodSync(join(context, 'dir/plain'), 0o600)
    chmodSync(join(context, 'dir'), 0o711)
    const { files } = await builds.build(
      ['FROM scratch', 'ARG BITS=0640', 'ARG CHANGES=u=rwX,go=rX', 'COPY --chmod=$CHANGES dir /s/', 'COPY --chmod=${BITS} dir /made/o/', 'COPY --chmod=g=u dir/tool /g', 'COPY --chmod=a+rx,a-w dir/plain /a', 'ADD --chmod=+x dir/plain /x', 'COPY --chmod= dir/plain /none'],
      context,
    )
    assert.deepEqual([...files], [
      ['a', 'file 555 0:0 "p"'], ['g', 'file 770 0:0 "t"'], ['made', 'folder 640 0:0'], ['made/o', 'folder 640 0:0'], ['made/o/plain', 'file 640 0:0 "p"'], ['made/o/tool', 'file 640 0:0 "t"'],
      ['none', 'file 600 0:0 "p"'], ['s', 'folder 755 0:0'], ['s/plain', 'file 644 0:0 "p"'], ['s/tool', 'file 755 0:0 "t"'], ['x', 'file 711 0:0 "p"'],
    ])
  })

  it('--exclude may come again, and is of the folder that is copied', async () => {
    const files = { 'src/a.c': '', 'src/a.o': '', 'src/keep.o': '', 'src/sub/b.c': '', 'src/sub/b.o': '', 'src/docs/x': '', 'src/docs/deep/y': '', 'a.o': '' }
    const built = await builds.build(['FROM scratch', 'ARG SKIPPED=docs', 'COPY --exclude=**/*.o --exclude=!keep.o --exclude=$SKIPPED src /one/', 'COPY --exclude=*.o src /two/', 'COPY --exclude=*.o a.o /named/', 'ADD --exclude=src . /added/'], files)
    assert.deepEqual(paths(built), ['added/a.o', 'named/a.o', 'one/a.c', 'one/keep.o', 'one/sub/b.c', 'two/a.c', 'two/docs/deep/y', 'two/docs/x', 'two/sub/b.c', 'two/sub/b.o'])
    assert.equal(built.files.get('one/docs'), undefined)
  })

  it('--parents keeps folders, from /./ on where that is written', async () => {
    const files = { 'x/a.txt': '', 'x/b.txt': '', 'y/a.txt': '', 'y/deep/er/c.txt': '', 'y/deep/er/c.md': '', 'y/none/d.md': '', '.hidden/e.txt': '' }
    const built = await builds.build(
      ['FROM scratch AS one', 'COPY . /', 'FROM scratch', 'COPY --parents ./x/a.txt ./y/a.txt /a/', 'COPY --parents **/*.txt /b/', 'COPY --parents y/./deep /c/', 'COPY --parents y/./**/*.md /d/', 'COPY --parents y/*/./er/*.txt /e/', 'COPY --parents --exclude=y --exclude=**/b.txt . /f/', 'COPY --parents --from=one /y/./deep/er/c.md /g/', 'COPY --parents none*/x /h/', 'COPY --parents=false x/a.txt /i/'],
      files,
    )
    assert.deepEqual(paths(built), [
      'a/x/a.txt', 'a/y/a.txt', 'b/.hidden/e.txt', 'b/x/a.txt', 'b/x/b.txt', 'b/y/a.txt', 'b/y/deep/er/c.txt', 'c/deep/er/c.md', 'c/deep/er/c.txt', 'd/deep/er/c.md', 'd/none/d.md', 'e/a.txt', 'e/er/c.txt', 'f/.hidden/e.txt', 'f/x/a.txt', 'g/deep/er/c.md', 'i/a.txt',
    ])
    assert.equal(built.files.has('b/y/none'), false, 'a folder in which nothing is taken')
  })

  it('--parents says so where a path without wildcards is not there', async () => {
    const { stderr } = await builds.fail(['FROM scratch', 'COPY --parents x/./a.tx /'], { 'x/a.txt': '' })
    assert.match(stderr, /"\/x\/a\.tx": not found/)
    assert.match(stderr, /hint: .*did you mean a\.txt\?/)
  })

  it('--unpack=false keeps an archive packed, and is true for ADD otherwise', async () => {
    const context = await builds.pelago.context({ 'in/file': 'packed' })
    await tool('tar', '-C', context, '-czf', join(context, 'a.tgz'), '--owner=7', '--group=8', 'in/file')
    rmSync(join(context, 'in'), { recursive: true })
    const built = await builds.build(['FROM scratch', 'ADD --unpack=false a.tgz /kept/', 'ADD --unpack a.tgz /on/', 'ADD a.tgz /plain/'], context)
    assert.deepEqual(paths(built), ['kept/a.tgz', 'on/in/file', 'plain/in/file'])
    assert.equal(built.files.get('on/in/file'), 'file 644 7:8 "packed"')
  })

  it('are part of what a step is found again by, and what they leave out is not', async () => {
    const context = await builds.pelago.context({ 'd/a.c': '1', 'd/a.o': '1', 'd/sub/b.c': '1' })
    const dockerfile = (flags: string, source: string): readonly string[] => ['FROM scratch', `COPY ${flags} ${source} /x/`]
    const cases = [['--exclude=*.o', 'd'], ['--exclude=*.c', 'd'], ['--chmod=u=rwX,go=', 'd'], ['--chmod=u=rwX,go=r', 'd'], ['--parents', './d/**/*.c'], ['', 'd']] as const
    for (const [flags, source] of cases) assert.equal((await builds.build(dockerfile(flags, source), context)).steps.executed.length, 1, flags)
    writeFileSync(join(context, 'd/a.o'), '2')
    const after: string[] = []
    for (const [flags, source] of cases) after.push(`${flags} ${(await builds.build(dockerfile(flags, source), context)).steps.executed.length}`)
    assert.deepEqual(after, ['--exclude=*.o 0', '--exclude=*.c 1', '--chmod=u=rwX,go= 1', '--chmod=u=rwX,go=r 1', '--parents 0', ' 1'])
  })

  it('SOURCE_DATE_EPOCH is the time of all that COPY and WORKDIR make', async () => {
    const { pelago } = builds
    const context = await pelago.context({ 'd/x': '', 'd/sub/y': '', Dockerfile: 'FROM scratch\nWORKDIR /w/d\nCOPY d .\nCOPY d/x /new/folder/\n' })
    const layout = join(pelago.folder, 'dated')
    await pelago.succeed(['build', '-o', `type=oci,dest=${layout},tar=false,compression=uncompressed`, '--build-arg', 'SOURCE_DATE_EPOCH=1000', context])
    const names: string[] = []
    for (const { digest } of readManifest(layout).layers) {
      for await (const { header } of readTar(createReadStream(join(layout, 'blobs', digest.replace(':', '/'))))) {
        names.push(textOfBytes(header.path))
        assert.equal(header.mtimeNs, 1_000_000_000_000n, textOfBytes(header.path))
      }
    }
    assert.deepEqual(names, ['w', 'w/d', 'w', 'w/d', 'w/d/sub', 'w/d/sub/y', 'w/d/x', 'new', 'new/folder', 'new/folder/x'])
  })
})

describe('COPY', { skip: missing('tar'), concurrency: false }, () => {
  let builds: FileBuilds
  before(async () => {
    builds = await openFileBuilds()
  })
  after(() => builds[Symbol.asyncDispose]())

  it('takes files and folders as users write them', async () => {
    const context = await builds.pelago.context({ 'dir/.dot': '', 'dir/file': '', 'dir/sub/x': '', '.env': 'e', 'one': '1', 'two': '2' })
    symlinkSync('dir', join(context, 'to-dir'))
    symlinkSync('one', join(context, 'to-one'))
    symlinkSync('/nowhere', join(context, 'dir/broken'))
    const built = await builds.build(
      ['FROM scratch', 'WORKDIR /w', 'COPY dir .', 'COPY dir/ sub/', 'COPY dir ./again', 'COPY .env ./', 'COPY one two three/', 'COPY dir/f* dir/s* /flat/', 'COPY to-dir /linked', 'COPY to-one /linked-file', 'COPY nothing* /nothing/', 'COPY one /x/y/../z/'],
      context,
    )
    assert.deepEqual(paths(built).map((path) => (built.files.get(path)?.startsWith('symlink') === true ? `${path}@` : path)).sort(), [
      'linked-file', 'linked/.dot', 'linked/broken@', 'linked/file', 'linked/sub/x', 
      'flat/file', 'flat/x', 'w/.dot', 'w/.env', 'w/again/.dot', 'w/again/broken@', 'w/again/file', 'w/again/sub/x', 'w/broken@', 'w/file', 'w/sub/.dot', 'w/sub/broken@', 'w/sub/file', 'w/sub/sub/x', 'w/sub/x', 'w/three/one', 'w/three/two', 'x/z/one',
    ].sort())
    assert.equal(built.files.has('nothing'), false)
  })

  it('goes where a link of the target leads, inside the root', async () => {
    const context = await builds.pelago.context({ 'base/real/old': '', 'new': 'n' })
    symlinkSync('/real', join(context, 'base/to'))
    symlinkSync('../../../../real/old', join(context, 'base/file'))
    const built = await builds.build(['FROM scratch', 'COPY base /', 'COPY new /to/', 'COPY new /file'], context)
    assert.deepEqual([...built.files], [['file', 'symlink 777 0:0 -> ../../../../real/old'], ['real', 'folder 755 0:0'], ['real/new', 'file 644 0:0 "n"'], ['real/old', 'file 644 0:0 "n"'], ['to', 'symlink 777 0:0 -> /real']])
  })

  const mistakes = [
    { name: 'puts no file where a folder is', dockerfile: ['COPY a/ /', 'COPY b/ /'], message: /cannot replace to directory \/sub with file/, hint: /trailing "\/"|remove/ },
    { name: 'puts no folder where a file is', dockerfile: ['COPY b/ /', 'COPY a/ /'], message: /cannot copy to non-directory: \/sub/, hint: /remove it/ },
    { name: 'makes no folder where a file is', dockerfile: ['COPY b/ /', 'COPY a/ /sub/x/'], message: /cannot make folder "\/sub": there is a file of that name/, hint: /another target/ },
    { name: 'names the nearest file', dockerfile: ['COPY a/sub/fil /'], message: /"\/a\/sub\/fil": not found/, hint: /did you mean file\?/ },
    { name: 'says which pattern of .dockerignore leaves a file out', dockerfile: ['COPY left/out.txt /'], message: /"\/left\/out\.txt": not found/, hint: /\.dockerignore leaves it out, by the pattern "left\/\*\.txt"/ },
    { name: 'says so of a folder too', dockerfile: ['COPY whole/x/y /'], message: /"\/whole\/x\/y": not found/, hint: /\.dockerignore leaves it out, by the pattern "whole"/ },
  ]
  for (const { name, dockerfile, message, hint } of mistakes) {
    it(name, async () => {
      const files = { 'a/sub/file': '', 'b/sub': '', 'left/out.txt': '', 'whole/x/y': '', '.dockerignore': 'left/*.txt\nwhole\n' }
      const { stderr, exitCode } = await builds.fail(['FROM scratch', ...dockerfile], files)
      assert.equal(exitCode, 1)
      assert.match(stderr, message)
      assert.match(stderr, new RegExp(`hint: .*(?:${hint.source})`))
      assert.match(stderr, /Dockerfile:\d/)
    })
  }
})
