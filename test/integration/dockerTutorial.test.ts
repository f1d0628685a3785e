import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missingForBuilds, pushBaseImage } from '../support/images/baseImage.ts'
import { startDockerRegistry, type DockerRegistry } from '../support/registry/dockerRegistry.ts'
import { openPelago, writeContext, type Pelago } from '../support/pelago.ts'
import { typeTranscript } from '../support/transcript.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/pelago', import.meta.url))

const DOCKERFILE = `FROM --platform=$BUILDPLATFORM busybox AS build
ARG TARGETPLATFORM BUILDPLATFORM
RUN echo "running on $BUILDPLATFORM, building for $TARGETPLATFORM" > /log
FROM busybox
RUN uname -m > /machine
COPY --from=build /log /log
LABEL org.opencontainers.image.title=demo
CMD ["cat", "/log"]
`

describe('a tutorial for Docker', { skip: missingForBuilds(), concurrency: false }, () => {
  let pelago: Pelago
  let registry: DockerRegistry
  before(async () => {
    registry = await startDockerRegistry()
    pelago = await openPelago()
    await pushBaseImage(`${registry.host}/library`)
    const config = join(pelago.env['HOME'] ?? '', '.config/pelago')
    await mkdir(config, { recursive: true })
    await writeFile(join(config, 'config.json'), JSON.stringify({ 'registry-mirrors': [`http://${registry.host}`] }))
    for (const name of ['docker', 'docker-compose']) await symlink(PROGRAM, join(pelago.folder, name))
  })
  after(async () => {
    await pelago[Symbol.asyncDispose]()
    await registry[Symbol.asyncDispose]()
  })

  async function type(transcript: string): Promise<void> {
    const folder = await mkdtemp(join(pelago.folder, 'tutorial-'))
    await writeContext(folder, { Dockerfile: DOCKERFILE, 'test.sh': 'test -s /log && test "$(cat /machine)" = "$(uname -m)" && echo "$(uname -m) passes"\n' })
    await typeTranscript(transcript, { cwd: folder, env: { ...pelago.env, PATH: `${pelago.folder}:${pelago.env['PATH'] ?? ''}`, REGISTRY: registry.host } })
  }

  it('sets a builder up, builds for three architectures, pushes, and tests on each', async () => {
    await type(`
      $ docker version --format '{{.Server.Os}} {{.Server.Experimental}}'
      linux true
      $ docker buildx version
      pelago
      $ docker info | grep -iE 'architecture|experimental'
      Architecture:
      Experimental: true
      $ export DOCKER_CLI_EXPERIMENTAL=enabled DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 BUILDX_NO_DEFAULT_ATTESTATIONS=1
      $ docker run --privileged --rm tonistiigi/binfmt --install all
      note: nothing to install
      "supported": [
      "linux/arm64",
      "linux/arm/v7",
      "qemu-aarch64",
      $ docker run --rm --privileged multiarch/qemu-user-static --reset -p yes
      note: nothing to install
      $ docker buildx create --name mybuilder --use
      mybuilder
      $ docker buildx inspect --bootstrap
      Name:…mybuilder
      Status:…running
      Platforms:…linux/arm64…linux/arm/v7
      $ docker buildx ls
      NAME/NODE
      mybuilder*
      default
      $ docker buildx build --platform linux/amd64,linux/arm64,linux/arm/v7 -t $REGISTRY/demo:latest --push .
      pushed …/demo:latest
      linux/amd64
      linux/arm64
      linux/arm/v7
      $ docker buildx imagetools inspect $REGISTRY/demo:latest
      Name:…/demo:latest
      Platform:  linux/amd64
      Platform:  linux/arm64
      Platform:  linux/arm/v7
      $ docker manifest inspect $REGISTRY/demo:latest | grep architecture
      "architecture": "amd64"
      "architecture": "arm64"
      "architecture": "arm"
      $ docker run --rm --platform linux/arm64 $REGISTRY/demo:latest uname -m
      aarch64
      $ for arch in amd64 arm64 arm/v7; do
      > docker run --rm --platform linux/$arch -v "$PWD/test.sh:/test.sh:ro" $REGISTRY/demo:latest sh /test.sh
      > done
      x86_64 passes
      aarch64 passes
      armv7l passes
      $ docker run --rm -q --net host --mount type=bind,source="$PWD",target=/src,readonly $REGISTRY/demo:latest ls /src
      Dockerfile
      test.sh
      $ DOCKER_DEFAULT_PLATFORM=linux/arm/v7 docker run --rm $REGISTRY/demo:latest uname -m
      armv7l
    `)
  })

  it('looks after local images: load, list, inspect, tag, push, pull, save, remove', async () => {
    await type(`
      $ docker buildx create --name loader --driver-opt default-load=true,network=host --buildkitd-flags '--allow-insecure-entitlement network.host'
      loader
      $ docker buildx build --builder loader --platform linux/arm64 -t demo:arm64 --rm .
      stored demo:arm64
      $ docker buildx rm loader
      loader removed
      $ docker buildx build --platform linux/arm64 -t demo:arm64 --load .
      stored demo:arm64
      $ docker images --format 'table {{.Repository}}\\t{{.Tag}}\\t{{.Size}}' demo
      REPOSITORY   TAG     SIZE
      demo         arm64
      $ docker image inspect --format '{{.Os}}/{{.Architecture}}{{if .Variant}}/{{.Variant}}{{end}} {{index .Config.Labels "org.opencontainers.image.title"}}' demo:arm64
      linux/arm64 demo
      $ docker inspect -f '{{.Architecture}}' demo:arm64
      arm64
      $ docker run --rm demo:arm64 uname -m
      aarch64
      $ docker tag demo:arm64 $REGISTRY/demo:arm64
      $ docker push $REGISTRY/demo:arm64
      pushed
      $ docker pull --platform linux/arm64 $REGISTRY/demo:arm64
      pulled
      $ docker save demo:arm64 | docker load
      loaded demo:arm64
      $ docker save -o demo.tar demo:arm64
      $ docker rmi demo:arm64
      removed demo:arm64
      $ docker load -i demo.tar
      loaded demo:arm64
      $ docker image ls --filter reference=demo -q --no-trunc
      sha256:
      $ docker rmi -f $(docker images -q demo)
      removed demo:arm64
      $ docker image prune -f
      Total reclaimed space:
      $ docker system prune --all --force
      Total reclaimed space:
      $ docker images -q
    `)
  })

  it('tidies up, and says what is not there', async () => {
    await type(`
      $ docker buildx du
      Total:
      $ docker buildx prune -af
      Total:
      $ docker buildx stop
      $ docker buildx rm mybuilder
      mybuilder removed
      $ docker buildx inspect mybuilder || docker buildx create --name mybuilder
      ERROR: no such local image: mybuilder, and no builder of that name
      mybuilder
      $ docker buildx inspect
      Name:…default
      $ docker-compose up || echo "exit code $?"
      ERROR: pelago compose up is not supported yet
      exit code 2
      $ docker ps || true
      ERROR: pelago ps is not supported yet
      hint: containers here end with the command
    `)
  })
})
