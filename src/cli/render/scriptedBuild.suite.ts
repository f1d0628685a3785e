import { digestOf, type Digest } from '../../ground/digest.ts'
import type { ProgressEvent, VertexOutcome } from '../../progress/progressEvent.ts'

/** A build of two platforms as its events, for tests of what draws them. Time starts at 1,000,000 ms. */
export function scriptedBuild(ending: 'succeeds' | 'fails'): readonly ProgressEvent[] {
  const script = new Script()
  const definition = script.announce('[internal] load build definition from Dockerfile')
  const amd64Base = script.announce('[linux/amd64 build 1/4] FROM docker.io/library/debian:testing-slim')
  const arm64Base = script.announce('[linux/arm64 build 1/4] FROM docker.io/library/debian:testing-slim')
  const context = script.announce('[internal] load build context')
  const amd64Make = script.announce('[linux/amd64 build 2/4] RUN make -j8 all install DESTDIR=/out PREFIX=/usr/local')
  const arm64Make = script.announce('[linux/arm64 build 2/4] RUN make -j8 all install DESTDIR=/out PREFIX=/usr/local')
  const exporting = script.announce('exporting to image')

  script.at(0).run(definition, 40)
  script.at(50).start(amd64Base).start(arm64Base).start(context)
  for (let tenth = 0; tenth <= 20; tenth++) {
    script.at(60 + tenth * 100)
    for (const [index, base] of [amd64Base, arm64Base].entries()) {
      script.progress(base, `sha256:${String(index).repeat(64)}`, tenth * 1_400_000, 28_000_000)
      script.progress(base, `sha256:${'ab'.repeat(32)}`, Math.min(3_100_000, tenth * 400_000), 3_100_000)
    }
  }
  script.at(700).done(context, { kind: 'executed' })
  script.at(2200).done(amd64Base, { kind: 'executed' }).done(arm64Base, { kind: 'cached' })
  script.at(2300).start(amd64Make).start(arm64Make).emulated(arm64Make, 'qemu-aarch64')
  for (const [index, name] of SOURCES.entries()) {
    script.at(2400 + index * 150).log(amd64Make, `cc -O2 -c -o ${name}.o src/${name}.c\n`)
    script.at(2430 + index * 150).log(arm64Make, `\u001b[1mcc\u001b[0m -O2 -c -o ${name}.o src/${name}.c 編譯中\n`)
  }
  script.at(4000).done(amd64Make, { kind: 'executed' })
  if (ending === 'fails') {
    script.at(5000).log(arm64Make, 'make: *** [Makefile:12: all] Error 2\n')
    script.at(5100).done(arm64Make, { kind: 'failed', message: 'process "/bin/sh -c make" did not complete successfully: exit code: 2' })
    return script.events
  }
  script.at(9000).done(arm64Make, { kind: 'executed' })
  script.at(9100).start(exporting).progress(exporting, 'exporting layers', 0, 0)
  script.at(9500).finishPart(exporting, 'exporting layers').done(exporting, { kind: 'executed' })
  return script.events
}

const SOURCES = ['archive', 'buffer', 'cache', 'codec', 'digest', 'engine', 'format', 'graph', 'hash', 'index']

const EPOCH = 1_000_000

class Script {
  readonly events: ProgressEvent[] = []
  #now = EPOCH

  at(milliseconds: number): this {
    this.#now = EPOCH + milliseconds
    return this
  }

  announce(name: string): Digest {
    const vertex = digestOf(name)
    this.events.push({ kind: 'vertex-announced', vertex, at: this.#now, name, inputs: [] })
    return vertex
  }

  start(vertex: Digest): this {
    return this.#add({ kind: 'vertex-started', vertex, at: this.#now })
  }

  emulated(vertex: Digest, emulator: string): this {
    return this.#add({ kind: 'vertex-emulated', vertex, at: this.#now, emulator })
  }

  progress(vertex: Digest, id: string, currentBytes: number, totalBytes: number): this {
    const state = totalBytes > 0 && currentBytes >= totalBytes ? 'done' : 'running'
    return this.#add({ kind: 'vertex-progress', vertex, at: this.#now, id, action: '', currentBytes, totalBytes, state })
  }

  finishPart(vertex: Digest, id: string): this {
    return this.#add({ kind: 'vertex-progress', vertex, at: this.#now, id, action: '', currentBytes: 0, totalBytes: 0, state: 'done' })
  }

  log(vertex: Digest, text: string): this {
    return this.#add({ kind: 'vertex-log', vertex, at: this.#now, stream: 'stdout', bytes: Buffer.from(text) })
  }

  done(vertex: Digest, outcome: VertexOutcome): this {
    return this.#add({ kind: 'vertex-done', vertex, at: this.#now, outcome })
  }

  run(vertex: Digest, milliseconds: number): this {
    this.start(vertex)
    this.#now += milliseconds
    return this.done(vertex, { kind: 'executed' })
  }

  #add(event: ProgressEvent): this {
    this.events.push(event)
    return this
  }
}
