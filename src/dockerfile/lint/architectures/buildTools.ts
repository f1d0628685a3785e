import type { ShellCommand } from '../shellCommands.ts'

/** What makes programs for another platform as well as for its own. */
export interface CrossCompiler {
  /** `go build` */
  readonly name: string
  /** What makes it do that. */
  readonly remedy: string
  readonly output: CompilerOutput
}

/** Programs for a platform; files that are the same for all; or such files, but with packages beside them that may have parts for one platform. */
export type CompilerOutput = 'programs' | 'portable' | 'portable-with-packages'

interface KnownCompiler {
  readonly programs: readonly string[]
  readonly subcommands: readonly string[] | undefined
  readonly remedy: string
  readonly output: CompilerOutput
}

const SAME_FOR_ALL = 'what it makes is the same for all platforms'

const COMPILERS: readonly KnownCompiler[] = [
  { programs: ['go'], subcommands: ['build', 'install'], remedy: 'ARG TARGETOS TARGETARCH, and RUN GOOS=$TARGETOS GOARCH=$TARGETARCH go build', output: 'programs' },
  { programs: ['cargo'], subcommands: ['build', 'install'], remedy: 'ARG TARGETARCH, and cargo build --target with the triple of $TARGETARCH', output: 'programs' },
  { programs: ['zig'], subcommands: ['build', 'build-exe', 'build-lib'], remedy: 'ARG TARGETARCH, and -Dtarget by $TARGETARCH', output: 'programs' },
  { programs: ['dotnet'], subcommands: ['publish', 'build'], remedy: 'ARG TARGETARCH, and dotnet publish -a $TARGETARCH', output: 'programs' },
  { programs: ['mvn', './mvnw', 'gradle', './gradlew', 'javac'], subcommands: undefined, remedy: SAME_FOR_ALL, output: 'portable' },
  { programs: ['npm', 'pnpm', 'yarn', 'bun'], subcommands: ['run build', 'build'], remedy: SAME_FOR_ALL, output: 'portable-with-packages' },
  { programs: ['tsc', 'vite', 'webpack', 'ng'], subcommands: undefined, remedy: SAME_FOR_ALL, output: 'portable-with-packages' },
]

/** Undefined where `command` is none. With cgo, Go needs a C compiler for the other platform. */
export function crossCompilerOf({ words, assignments }: ShellCommand, env: ReadonlyMap<string, string>): CrossCompiler | undefined {
  const [program = '', ...args] = words
  const plain = args.filter((word) => !word.startsWith('-'))
  const known = COMPILERS.find(({ programs, subcommands }) => programs.includes(program) && (subcommands === undefined || subcommands.some((sub) => plain.join(' ') === sub || plain.join(' ').startsWith(`${sub} `))))
  const usesCgo = (assignments.get('CGO_ENABLED') ?? env.get('CGO_ENABLED')) === '1'
  if (known === undefined || (program === 'go' && usesCgo)) return undefined
  const subcommand = known.subcommands?.find((sub) => plain.join(' ').startsWith(sub))
  return { name: subcommand === undefined ? program : `${program} ${subcommand}`, remedy: known.remedy, output: known.output }
}

const BUILD_PROGRAMS: ReadonlySet<string> = new Set([...COMPILERS.flatMap(({ programs }) => programs), 'make', 'cmake', 'ninja', 'meson', 'gcc', 'g++', 'cc', 'clang', 'rustc', 'pip', 'pip3', 'bazel', './configure', 'npx', 'node', 'python3', 'protoc', 'buf', 'bundle', 'composer'])

/** Whether `command` builds something, rather than fetching it. */
export function isBuildTool({ words }: ShellCommand): boolean {
  return BUILD_PROGRAMS.has(words[0] ?? '')
}
