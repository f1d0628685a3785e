/** What became of each vertex of a build, read from `--progress=rawjson`. */
export interface BuildSteps {
  /** Names of what was done anew, in the order in which it ended. */
  readonly executed: readonly string[]
  readonly cached: readonly string[]
}

interface VertexStatus {
  readonly digest: string
  readonly name: string
  readonly started?: string
  readonly completed?: string
  readonly cached?: boolean
}

/** Vertices that stand for a step of the Dockerfile: their names begin with `[`, such as `[linux/arm64 2/3] RUN make`. */
export function parseSteps(rawJson: string): BuildSteps {
  const vertices = new Map<string, VertexStatus>()
  for (const line of rawJson.split('\n').filter((text) => text.startsWith('{'))) {
    const { vertexes = [] } = JSON.parse(line) as { readonly vertexes?: readonly VertexStatus[] }
    for (const vertex of vertexes) vertices.set(vertex.digest, { ...vertices.get(vertex.digest), ...vertex })
  }
  const done = [...vertices.values()].filter(({ name, completed }) => completed !== undefined && /^\[(?!internal|\S+ internal)/.test(name))
  const names = (isCached: boolean): readonly string[] => done.filter(({ cached = false }) => cached === isCached).map(({ name }) => name)
  return { executed: names(false), cached: names(true) }
}
