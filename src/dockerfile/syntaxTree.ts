import type { SourceSpan, SourceText } from '../ground/sourceSpan.ts'
import type { Directive } from './directives.ts'
import type { EscapeCharacter } from './words/expand.ts'

/** A Dockerfile as its grammar sees it: instructions and their words, nothing expanded, nothing known of what they mean. */
export interface SyntaxTree {
  readonly source: SourceText
  readonly escape: EscapeCharacter
  /** `syntax`, `escape` and `check`, as far as they are given. */
  readonly directives: ReadonlyMap<string, Directive>
  /** At least one. */
  readonly instructions: readonly InstructionNode[]
  /** The last lines of instructions that go on over an empty line. */
  readonly emptyContinuations: readonly SourceSpan[]
}

export interface InstructionNode {
  /** In lower case. */
  readonly name: string
  /** As written. */
  readonly keyword: string
  /** `--name` or `--name=value`, unquoted, in order. */
  readonly flags: readonly string[]
  readonly args: InstructionArguments
  readonly heredocs: readonly Heredoc[]
  /** Right above it, without `#`. */
  readonly comments: readonly string[]
  /** The instruction on one line: continuations joined, without the blanks around it. */
  readonly text: string
  readonly span: SourceSpan
}

export type InstructionArguments = WordArguments | PairArguments | TriggerArguments

export interface WordArguments {
  readonly kind: 'words'
  readonly words: readonly string[]
  /** Written as a JSON list, which for a command means: without a shell. */
  readonly isJson: boolean
}

/** ENV and LABEL. */
export interface PairArguments {
  readonly kind: 'pairs'
  readonly pairs: readonly KeyValue[]
  /** `KEY value` instead of `KEY=value`. */
  readonly isLegacy: boolean
}

export interface KeyValue {
  readonly key: string
  readonly value: string
}

/** ONBUILD. */
export interface TriggerArguments {
  readonly kind: 'trigger'
  readonly node: InstructionNode
}

/** The word that opens a heredoc: `<<EOF`, `<<-EOF`, `<<"EOF"`, `3<<EOF`. */
export interface HeredocMarker {
  /** As written. */
  readonly marker: string
  /** The line that ends it, and the name of the file that it is. */
  readonly terminator: string
  /** `<<-`: the tabs at the start of its lines do not count. */
  readonly isChomped: boolean
  /** Whether variables in it are replaced, where the instruction does that: no part of the word is quoted. */
  readonly isExpanded: boolean
}

export interface Heredoc extends HeredocMarker {
  /** The lines between, as they are. */
  readonly content: string
}
