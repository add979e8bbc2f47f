/** What a server answered in place of a result: work that goes on by itself. */
export class StartedTask {
  readonly result: Readonly<Record<string, unknown>>;

  constructor(result: Readonly<Record<string, unknown>>) {
    this.result = result;
  }
}
