/** What functions of bake files need that does not follow from their arguments. */
export interface LibraryPorts {
  now(): Date
  randomUuid(): string
  /** Of the user who builds. */
  homeFolder(): string
  /** A salted hash of the password, in the form of bcrypt. @param cost from 4 to 31: each more takes twice the time */
  bcrypt(password: string, cost: number): string
}
