/** Why an operation cannot be called from here; it stays in the tool list and says so. */
export class CannotCall extends Error {
  /** Whether it is because the operation is at another place than its document. */
  readonly isElsewhere: boolean;

  constructor(message: string, isElsewhere = false) {
    super(message);
    this.name = 'CannotCall';
    this.isElsewhere = isElsewhere;
  }
}
