/** Why a file cannot be executed, as far as it says so itself. */
export interface ProgramFault {
  /** `format`: a program that the kernel cannot run. `data`: no program at all. `missing`: what it needs is not there. `mode`: it may not be executed. `text`: only a shell would take it. */
  readonly kind: 'format' | 'data' | 'missing' | 'mode' | 'text'
  /** Goes on after the file's name: `is empty`. */
  readonly what: string
  /** What to do about it, as an imperative. */
  readonly remedy: string
}
