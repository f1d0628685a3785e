import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openFileBuilds, type FileBuilds } from '../support/fileBuilds.ts'

describe('heredocs', { skip: missingForBuilds(), concurrency: false }, () => {
  let registry: DockerRegistry
  let builds: FileBuilds
  let base: string
  before(async () => {
    registry = await startDockerRegistry()
    builds = await openFileBuilds()
    base = await pushBaseImage(registry.host)
  })
  after(async () => {
    await builds[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  /** The files that the last stage has got, which is built from nothing but `/out` of the first. */
  async function outOf(lines: readonly string[], ...args: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return (await builds.build([`FROM ${base} AS made`, 'WORKDIR /out', ...lines, 'FROM scratch', 'COPY --from=made /out /'], {}, ...args)).files
  }

  it('of RUN are commands, scripts and the input of commands', async () => {
    const files = await outOf([
      'ENV WHO=env', 'ARG WHO2=arg',
      'RUN <<EOF', 'echo "$WHO $WHO2" > commands', 'echo "two" >> commands', 'EOF',
      'RUN <<-"TABS"', '\techo "it\'s $WHO" > tabs', '\tTABS',
      'RUN <<SCRIPT', '#!/bin/sh -eu', 'echo $- > script', 'SCRIPT',
      'RUN <<-PATH', '\t#!/bin/sh', '\tls -l /dev/pipes > pipes', '\techo $0 > name', '\tPATH',
      'RUN cat <<ONE > one && cat <<-\'TWO\' > two', 'one $WHO', 'ONE', '\ttwo $WHO', '\tTWO',
      'RUN --mount=type=tmpfs,target=/memory --network=none <<MOUNTED', '#!/bin/sh', 'grep -c " /memory tmpfs " /proc/mounts > mounted', 'MOUNTED',
      'RUN 3<<FD', 'echo fd > fd', 'FD',
      'RUN cat 3<<FD <&3 > from3', 'three', 'FD',
      'SHELL ["/bin/sh", "-e", "-c"]', 'RUN <<EOF', 'echo $- > flags', 'EOF',
    ])
    const content = (name: string): string => (files.get(name) ?? '').replace(/^file 644 0:0 /, '')
    assert.deepEqual(['commands', 'tabs', 'name', 'one', 'two', 'mounted', 'fd', 'from3'].map(content), ['"env arg\\ntwo\\n"', '"it\'s env\\n"', '"/dev/pipes/PATH\\n"', '"one env\\n"', '"two $WHO\\n"', '"1\\n"', '"fd\\n"', '"three\\n"'])
    assert.match(content('pipes'), /-rwxr-xr-x +1 root +root +\d+ .* PATH/)
    assert.deepEqual(['e', 'u'].map((flag) => content('script').includes(flag)), [true, true])
  })

  it('of RUN leave nothing behind, and fail as the command does', async () => {
    const { files } = await builds.build([`FROM ${base}`, 'RUN <<EOF', '#!/bin/sh', 'true', 'EOF'], {})
    assert.deepEqual([...files.keys()].filter((path) => path.startsWith('dev/')), [])
    const { stderr } = await builds.fail([`FROM ${base}`, 'RUN <<EOF', 'set -e', 'false', 'true', 'EOF'], {})
    assert.match(stderr, /RUN <<EOF \(set -e\.\.\.\)/)
    assert.match(stderr, /did not complete successfully: exit code: 1/)
    assert.match(stderr, / +2 \| >>> RUN <<EOF\n +3 \| >>> set -e\n +4 \| >>> false\n/)
  })

  it('of COPY and ADD are files, with variables where nothing is quoted', async () => {
    const { files } = await builds.build(
      [
        `FROM ${base} AS base`, 'FROM scratch', 'COPY --from=base /etc/passwd /etc/group /etc/', 'ENV WHO=env', 'WORKDIR /conf',
        'COPY <<plain <<-"quoted" ./', '$WHO ${NONE:-none} \\$WHO "quotes" it\'s \\\\ back', 'plain', '\t$WHO', 'quoted',
        'COPY --chmod=u+x --chown=daemon <<EOF run', '#!/bin/sh', 'EOF',
        'ADD --chmod=0600 <<EOF own', 'own', 'EOF',
        'COPY <<-EOF file.txt /mixed/', '\tmixed', 'EOF',
        'COPY <<EMPTY /empty', 'EMPTY',
      ],
      { 'file.txt': 'context' },
    )
    const wanted = [...files].filter(([path]) => !path.startsWith('etc'))
    assert.deepEqual(wanted, [
      ['conf', 'folder 755 0:0'], ['conf/own', 'file 600 0:0 "own\\n"'], ['conf/plain', 'file 644 0:0 "env none $WHO \\"quotes\\" it\'s \\\\ back\\n"'], ['conf/quoted', 'file 644 0:0 "$WHO\\n"'],
      ['conf/run', 'file 744 1:1 "#!/bin/sh\\n"'], ['empty', 'file 644 0:0 ""'], ['mixed', 'folder 755 0:0'], ['mixed/EOF', 'file 644 0:0 "mixed\\n"'], ['mixed/file.txt', 'file 644 0:0 "context"'],
    ])
  })

  it('of ONBUILD wait for who builds on the image', async () => {
    const { pelago } = builds
    const parent = `${registry.host}/heredoc-parent`
    await pelago.succeed(['build', '-t', parent, '--push', await pelago.context({ Dockerfile: [`FROM ${base}`, 'ONBUILD ARG WHO=child', 'ONBUILD RUN <<EOF', 'echo "ran $WHO" > /ran', 'EOF', 'ONBUILD COPY <<-"EOF" /copied', '\tcopied $WHO', 'EOF', ''].join('\n') })])
    const { files, steps } = await builds.build([`FROM ${parent}`], {})
    assert.deepEqual([files.get('ran'), files.get('copied')], ['file 644 0:0 "ran child\\n"', 'file 644 0:0 "copied $WHO\\n"'])
    assert.deepEqual(steps.executed.slice(1).map((name) => name.replace(/^\[.*?\] /, '')), ['ONBUILD RUN <<EOF (echo "ran child" > /ran)', 'ONBUILD COPY <<-EOF /copied'])
  })

  it('are cached by what they say', async () => {
    const build = async (text: string): Promise<number> => (await builds.build([`FROM ${base}`, 'COPY <<EOF /x', text, 'EOF', 'RUN <<EOF', '#!/bin/sh', text, 'EOF'], {}, '--build-arg', `UNUSED=${text}`)).steps.executed.length
    const counts = [await build('echo 1'), await build('echo 1'), await build('echo 2')]
    assert.deepEqual(counts.slice(1), [0, 2])
  })

  it('run emulated, as any step does', async () => {
    const files = await outOf(['RUN <<EOF', '#!/bin/sh', 'uname -m > machine', 'EOF'], '--platform', 'linux/arm64')
    assert.equal(files.get('machine'), 'file 644 0:0 "aarch64\\n"')
  })
})
