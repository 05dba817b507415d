/** An invariant of reliability section 4 does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: string;
  readonly what: string;

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.what = what;
    this.invariant = invariant;
  }
}
