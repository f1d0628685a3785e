import type { ShellCommand } from '../shellCommands.ts'

/** What makes programs for another platform as well as for its own. */
export interface CrossCompiler {
  /** `go build` */
  readonly name: string
  /** What makes it do that. */
  readonly remedy: string
  /** Whether what comes out is the same for all platforms, but perhaps not all that it stands on. */
  readonly isPortable: boolean
}

interface KnownCompiler {
  readonly programs: readonly string[]
  readonly subcommands: readonly string[] | undefined
  readonly remedy: string
  readonly isPortable: boolean
}

const SAME_FOR_ALL = 'what it makes is the same for all platforms'

const COMPILERS: readonly KnownCompiler[] = [
  { programs: ['go'], subcommands: ['build', 'install'], remedy: 'ARG TARGETOS TARGETARCH, and RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build', isPortable: false },
  { programs: ['cargo'], subcommands: ['build', 'install'], remedy: 'ARG TARGETARCH, and cargo build --target with the triple of $TARGETARCH', isPortable: false },
  { programs: ['zig'], subcommands: ['build', 'build-exe', 'build-lib'], remedy: 'ARG TARGETARCH, and -Dtarget by $TARGETARCH', isPortable: false },
  { programs: ['dotnet'], subcommands: ['publish', 'build'], remedy: 'ARG TARGETARCH, and dotnet publish -a $TARGETARCH', isPortable: false },
  { programs: ['mvn', './mvnw', 'gradle', './gradlew', 'javac'], subcommands: undefined, remedy: SAME_FOR_ALL, isPortable: true },
  { programs: ['npm', 'pnpm', 'yarn', 'bun'], subcommands: ['run build', 'build'], remedy: SAME_FOR_ALL, isPortable: true },
  { programs: ['tsc', 'vite', 'webpack', 'ng'], subcommands: undefined, remedy: SAME_FOR_ALL, isPortable: true },
]

/** Undefined where `command` is none. With cgo, Go needs a C compiler for the other platform. */
export function crossCompilerOf({ words, assignments }: ShellCommand, env: ReadonlyMap<string, string>): CrossCompiler | undefined {
  const [program = '', ...args] = words
  const plain = args.filter((word) => !word.startsWith('-'))
  const known = COMPILERS.find(({ programs, subcommands }) => programs.includes(program) && (subcommands === undefined || subcommands.some((sub) => plain.join(' ') === sub || plain.join(' ').startsWith(`${sub} `))))
  const usesCgo = (assignments.get('CGO_ENABLED') ?? env.get('CGO_ENABLED')) === '1'
  if (known === undefined || (program === 'go' && usesCgo)) return undefined
  const subcommand = known.subcommands?.find((sub) => plain.join(' ').startsWith(sub))
  return { name: subcommand === undefined ? program : `${program} ${subcommand}`, remedy: known.remedy, isPortable: known.isPortable }
}

const BUILD_PROGRAMS: ReadonlySet<string> = new Set([...COMPILERS.flatMap(({ programs }) => programs), 'make', 'cmake', 'ninja', 'meson', 'gcc', 'g++', 'cc', 'clang', 'rustc', 'pip', 'pip3', 'bazel', './configure', 'npx', 'node', 'python3', 'protoc', 'buf', 'bundle', 'composer'])

/** Whether `command` builds something, rather than fetching it. */
export function isBuildTool({ words }: ShellCommand): boolean {
  return BUILD_PROGRAMS.has(words[0] ?? '')
}
