import assert from 'node:assert/strict'
import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds } from '../support/images/baseImage.ts'
import { type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { type ContextFiles, type Pelago } from '../support/pelago.ts'
import { describeFile, listTree, tool, unpackImage, type UnpackedImage } from '../support/images/unpackedImage.ts'
import { openWorkbench, type Workbench } from '../support/workbench.ts'

const isRoot = process.getuid?.() === 0

describe('what a Dockerfile means', { skip: isRoot ? missingForBuilds('skopeo', 'umoci', 'tar', 'xz', 'bzip2', 'zstd') : 'umoci unpacks owners as root only', concurrency: false }, () => {
  let workbench: Workbench
  let registry: DockerRegistry
  let pelago: Pelago
  let base: string
  let builds = 0
  before(async () => {
    ({ registry, pelago, base } = workbench = await openWorkbench())
  })
  after(() => workbench[Symbol.asyncDispose]())

  /** Each line of `dockerfile` is one; `BASE` stands for the base image. */
  async function build(dockerfile: readonly string[], files: ContextFiles | string = {}, ...args: readonly string[]): Promise<UnpackedImage> {
    const context = typeof files === 'string' ? files : await pelago.context(files)
    builds += 1
    const archive = join(pelago.folder, `image-${builds}.tar`)
    await pelago.succeed(['build', '-f', '-', '-o', `type=oci,dest=${archive}`, ...args, context], { input: dockerfile.join('\n').replaceAll('BASE', base) })
    return await unpackImage(pelago, `oci-archive:${archive}`, 'linux/amd64')
  }

  it('COPY takes files, folders and wildcards, to files and folders', async () => {
    const { root } = await build(
      ['FROM scratch', 'COPY a.txt /renamed', 'COPY a.txt b.txt /several/', 'COPY *.txt /matched/', 'COPY folder /content', 'COPY folder/ /content/again', 'COPY folder/*/deep /deep/', 'COPY ["name with space", "/spaced/"]', 'COPY missing* /none/', 'COPY . /all/'],
      { 'a.txt': 'a', 'b.txt': 'b', c: 'c', 'folder/one': '1', 'folder/sub/deep': 'd', 'name with space': 's' },
    )
    const paths = listTree(root).map((line) => /^(.*?) (?:file|folder) /.exec(line)?.[1]).filter((path) => !path?.startsWith('all'))
    assert.deepEqual(paths, ['content', 'content/again', 'content/again/one', 'content/again/sub', 'content/again/sub/deep', 'content/one', 'content/sub', 'content/sub/deep', 'deep', 'deep/deep', 'matched', 'matched/a.txt', 'matched/b.txt', 'renamed', 'several', 'several/a.txt', 'several/b.txt', 'spaced', 'spaced/name with space'])
    assert.deepEqual(listTree(join(root, 'all')).map((line) => line.split(' ')[0]), ['a.txt', 'b.txt', 'c', 'folder', 'folder/one', 'folder/sub', 'folder/sub/deep', 'name'])
  })

  it('COPY --chown takes names of the image and numbers, --chmod goes for all', async () => {
    const { root } = await build(
      ['FROM BASE', 'RUN echo "app:x:1234:" >> /etc/group', 'COPY --chown=nobody:app file /named', 'COPY --chown=daemon folder /folder', 'COPY --chown=70000:70001 file /numbers', 'COPY --chmod=751 --chown=nobody folder /moded', 'COPY file /made/folders/file'],
      { file: 'x', 'folder/inner': 'y' },
    )
    assert.deepEqual(['named', 'folder', 'folder/inner', 'numbers', 'moded/inner', 'made', 'made/folders', 'made/folders/file'].map((path) => `${path} ${describeFile(join(root, path))}`), [
      'named file 644 65534:1234 "x"',
      'folder folder 755 1:1',
      'folder/inner file 644 1:1 "y"',
      'numbers file 644 70000:70001 "x"',
      'moded/inner file 751 65534:65534 "y"',
      'made folder 755 0:0',
      'made/folders folder 755 0:0',
      'made/folders/file file 644 0:0 "x"',
    ])
  })

  it('ADD unpacks local archives of every compression, and copies what is none', async () => {
    const context = await pelago.context({ 'in/file': 'packed', 'plain.txt': 'plain', 'not-a.tar': 'no archive' })
    for (const [flag, name] of [['-cf', 'a.tar'], ['-czf', 'a.tar.gz'], ['-cJf', 'a.tar.xz'], ['-cjf', 'a.tar.bz2'], ['--zstd -cf', 'a.tar.zst']] as const) {
      await tool('tar', '-C', context, ...flag.split(' '), join(context, name), '--owner=12', '--group=34', '--mode=640', 'in/file')
    }
    const { root } = await build(['FROM scratch', 'ADD a.tar /tar', 'ADD a.tar.gz /gz/', 'ADD a.tar.xz /xz', 'ADD a.tar.bz2 /bz2', 'ADD a.tar.zst /zst', 'ADD plain.txt not-a.tar /others/', 'COPY a.tar.gz /copied/'], context)
    for (const name of ['tar', 'gz', 'xz', 'bz2', 'zst']) assert.equal(describeFile(join(root, name, 'in/file')), 'file 640 12:34 "packed"', name)
    assert.deepEqual(listTree(join(root, 'others')), ['not-a.tar file 644 0:0 "no archive"', 'plain.txt file 644 0:0 "plain"'])
    assert.match(describeFile(join(root, 'copied/a.tar.gz')), /^file 644 0:0 /)
  })

  it('WORKDIR makes folders of the user’s, and is where paths and steps begin', async () => {
    const { root, config } = await build(['FROM BASE', 'USER nobody', 'WORKDIR /one', 'WORKDIR two', 'COPY file .', 'ENV PART=three', 'WORKDIR $PART', 'USER root', 'RUN pwd > /where'], { file: 'x' })
    assert.deepEqual(['one', 'one/two', 'one/two/file', 'one/two/three', 'where'].map((path) => describeFile(join(root, path))), ['folder 755 65534:65534', 'folder 755 65534:65534', 'file 644 0:0 "x"', 'folder 755 65534:65534', 'file 644 0:0 "/one/two/three\\n"'])
    assert.equal(config.config['WorkingDir'], '/one/two/three')
  })

  it('USER goes for the steps after it, by name, number and group', async () => {
    const { root, config } = await build(['FROM BASE', 'RUN echo "own:x:555:556::/home/own:/bin/sh" >> /etc/passwd && mkdir -m 777 /out', 'USER own', 'RUN touch /out/named && echo $HOME > /out/home', 'USER 777', 'RUN touch /out/numbered', 'USER own:daemon', 'RUN touch /out/grouped'])
    assert.deepEqual(['named', 'home', 'numbered', 'grouped'].map((name) => describeFile(join(root, 'out', name))), ['file 644 555:556 ""', 'file 644 555:556 "/home/own\\n"', 'file 644 777:0 ""', 'file 644 555:1 ""'])
    assert.equal(config.config['User'], 'own:daemon')
  })

  it('ENV and ARG are expanded wherever they may be', async () => {
    const { root, config } = await build(
      [
        'ARG STAGE=made', 'FROM BASE AS made', 'ARG STAGE', 'ARG OWN=default', 'ARG GIVEN=default', 'ENV DIR=/dir WORD="two words" EMPTY=', 'ENV JOINED=${DIR}/${WORD}',
        'WORKDIR ${DIR}', 'COPY ${OWN:+file} ${DIR}/${GIVEN}', 'RUN echo "$STAGE $OWN $GIVEN $JOINED ${EMPTY:-unset} ${NEVER-never}" > out', 'LABEL label=$WORD "${OWN}"=${GIVEN}', 'EXPOSE ${EMPTY:-80}/tcp', 'USER ${NEVER:-nobody}', 'STOPSIGNAL ${NEVER:-SIGINT}', 'VOLUME ${DIR}/volume',
        'CMD echo $WORD', 'FROM $STAGE',
      ],
      { file: 'x' }, '--build-arg', 'GIVEN=given',
    )
    assert.equal(describeFile(join(root, 'dir/out')), 'file 644 0:0 "made default given /dir/two words unset never\\n"')
    assert.equal(describeFile(join(root, 'dir/given')), 'file 644 0:0 "x"')
    const { Env, Labels, ExposedPorts, User, StopSignal, Volumes, Cmd } = config.config
    assert.deepEqual((Env as readonly string[]).slice(1), ['DIR=/dir', 'WORD=two words', 'EMPTY=', 'JOINED=/dir/two words'])
    assert.deepEqual([Labels, ExposedPorts, User, StopSignal, Volumes, Cmd], [{ label: 'two words', default: 'given' }, { '80/tcp': {} }, 'nobody', 'SIGINT', { '/dir/volume': {} }, ['/bin/sh', '-c', 'echo $WORD']])
  })

  it('platform arguments are there in every stage that declares them', async () => {
    const { root } = await build(['FROM --platform=$BUILDPLATFORM BASE AS one', 'ARG TARGETPLATFORM', 'ARG TARGETOS', 'ARG TARGETARCH', 'ARG TARGETVARIANT', 'ARG BUILDARCH', 'RUN echo "$TARGETPLATFORM $TARGETOS $TARGETARCH $TARGETVARIANT $BUILDARCH $(uname -m)" > /out', 'FROM scratch', 'COPY --from=one /out /'], {}, '--platform', 'linux/amd64')
    assert.equal(describeFile(join(root, 'out')), 'file 644 0:0 "linux/amd64 linux amd64  amd64 x86_64\\n"')
  })

  it('SHELL, HEALTHCHECK, ENTRYPOINT, CMD, LABEL and MAINTAINER come into the config', async () => {
    const { root, config } = await build(['FROM BASE', 'MAINTAINER someone', 'SHELL ["/bin/sh", "-e", "-c"]', 'RUN echo $- > /flags', 'HEALTHCHECK --interval=5s --timeout=2s --retries=4 CMD check --all', 'ENTRYPOINT ["/entry", "one"]', 'CMD ["two"]'])
    assert.match(describeFile(join(root, 'flags')), /"\w*e\w*\\n"$/)
    const { Shell, Healthcheck, Entrypoint, Cmd } = config.config
    assert.deepEqual([Shell, Entrypoint, Cmd], [['/bin/sh', '-e', '-c'], ['/entry', 'one'], ['two']])
    assert.deepEqual(Healthcheck, { Test: ['CMD-SHELL', 'check --all'], Interval: 5e9, Timeout: 2e9, Retries: 4 })
    assert.equal((config as unknown as { readonly author: string }).author, 'someone')
  })

  it('ONBUILD waits for who builds on the image', async () => {
    const parent = `${registry.host}/parent:1`
    const context = await pelago.context({ Dockerfile: `FROM ${base}\nONBUILD COPY file /from-child\nONBUILD RUN cat /from-child > /ran\n`, file: 'parent' })
    await pelago.succeed(['build', '-t', parent, '--push', context])
    const { root, config } = await build([`FROM ${parent}`, 'RUN echo own >> /ran'], { file: 'child' })
    assert.equal(describeFile(join(root, 'ran')), 'file 644 0:0 "childown\\n"')
    assert.equal(config.config['OnBuild'] ?? null, null)
  })

  it('.dockerignore leaves files out, and ! takes them in again', async () => {
    const files = { '.dockerignore': '# note\n*.log\n!keep.log\nfolder/*\n!folder/in\n**/deep\n', 'a.log': '', 'keep.log': '', 'folder/out': '', 'folder/in': '', 'other/deep': '', 'other/fine': '', file: '' }
    const { root } = await build(['FROM scratch', 'COPY . /'], files)
    assert.deepEqual(listTree(root).map((line) => line.split(' ')[0]), ['.dockerignore', 'file', 'folder', 'folder/in', 'keep.log', 'other', 'other/fine'])
  })

  it('an ignore file of the Dockerfile’s own comes before .dockerignore', async () => {
    const context = await pelago.context({ 'own.Dockerfile': 'FROM scratch\nCOPY . /\n', 'own.Dockerfile.dockerignore': '*\n!file\n', '.dockerignore': 'file', file: 'x', other: 'y' })
    const archive = join(pelago.folder, 'own.tar')
    await pelago.succeed(['build', '-f', join(context, 'own.Dockerfile'), '-o', `type=oci,dest=${archive}`, context])
    const { root } = await unpackImage(pelago, `oci-archive:${archive}`, 'linux/amd64')
    assert.deepEqual(listTree(root), ['file file 644 0:0 "x"'])
  })

  it('keeps symbolic links in folders, follows those that are named, and goes through those of the target', async () => {
    const context = await pelago.context({ 'folder/real': 'real', outside: 'outside' })
    symlinkSync('real', join(context, 'folder/link'))
    symlinkSync('/etc/passwd', join(context, 'folder/absolute'))
    symlinkSync('outside', join(context, 'named'))
    const { root } = await build(['FROM BASE', 'RUN mkdir /real-target && ln -s /real-target /linked', 'COPY folder /folder', 'COPY named /followed', 'COPY outside /linked/'], context)
    assert.deepEqual(listTree(join(root, 'folder')), ['absolute link 0:0 -> /etc/passwd', 'link link 0:0 -> real', 'real file 644 0:0 "real"'])
    assert.equal(describeFile(join(root, 'followed')), 'file 644 0:0 "outside"')
    assert.equal(describeFile(join(root, 'linked')), 'link 0:0 -> /real-target')
    assert.equal(describeFile(join(root, 'real-target/outside')), 'file 644 0:0 "outside"')
  })

  it('keeps modes of the context, executables and folders too', async () => {
    const context = await pelago.context({ program: 'run', 'outer/private/file': 'p' })
    chmodSync(join(context, 'program'), 0o755)
    chmodSync(join(context, 'outer/private'), 0o700)
    const { root } = await build(['FROM scratch', 'COPY program /', 'COPY outer /kept/'], context)
    assert.deepEqual(listTree(root), ['kept folder 755 0:0', 'kept/private folder 700 0:0', 'kept/private/file file 644 0:0 "p"', 'program file 755 0:0 "run"'])
  })

  it('COPY --from takes stages by number and name, and other images', async () => {
    const { root } = await build(['FROM BASE', 'RUN echo zero > /zero', 'FROM BASE AS one', 'RUN echo one > /one', 'FROM scratch', 'COPY --from=0 /zero /', 'COPY --from=ONE /one /', 'COPY --from=BASE /etc/group /'])
    assert.deepEqual(listTree(root).map((line) => line.split(' ')[0]), ['group', 'one', 'zero'])
  })

  it('builds a stage by --target, and nothing that it does not need', async () => {
    const { root } = await build(['FROM BASE AS broken', 'RUN exit 1', 'FROM BASE AS wanted', 'RUN echo wanted > /wanted', 'FROM broken'], {}, '--target', 'wanted')
    assert.equal(describeFile(join(root, 'wanted')), 'file 644 0:0 "wanted\\n"')
  })

  it('runs exec forms without a shell, and joins continued lines', async () => {
    const { root } = await build(['FROM BASE', 'RUN ["sh", "-c", "echo \\"$0\\" > /exec", "$HOME"]', 'RUN echo one \\', '  # a comment', '', '  two > /joined'])
    assert.equal(describeFile(join(root, 'exec')), 'file 644 0:0 "$HOME\\n"')
    assert.equal(describeFile(join(root, 'joined')), 'file 644 0:0 "one two\\n"')
  })
})
