/** One row of the report: ours beside a floor that was measured in the same run. */
export interface Row {
  readonly what: string;
  /** Median, in milliseconds unless `what` says otherwise; null where there is no floor. */
  readonly floor: number | null;
  /** Median, in the unit of the floor. */
  readonly ours: number;
  /** What `spec/performance.md` asks for. */
  readonly goal: string;
}

/** The median of several timings of `work`, in milliseconds, after one that does not count. */
export async function median(times: number, work: () => unknown): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round <= times; round += 1) {
    const begin = performance.now();
    await work();
    if (round > 0) all.push(performance.now() - begin);
  }
  return middle(all);
}

/**
 * The medians of two works timed in turn, so that a machine that drifts drifts for both. Half as
 * many rounds, and five at least, are done before any is timed: what is compiled late is compiled
 * then.
 */
export async function paired(
  times: number,
  floor: () => unknown,
  ours: () => unknown,
): Promise<{ floor: number; ours: number }> {
  const floors: number[] = [];
  const ourses: number[] = [];
  for (let round = -Math.max(5, Math.floor(times / 2)); round < times; round += 1) {
    const first = performance.now();
    await floor();
    const second = performance.now();
    await ours();
    const third = performance.now();
    if (round < 0) continue;
    floors.push(second - first);
    ourses.push(third - second);
  }
  return { floor: middle(floors), ours: middle(ourses) };
}

/**
 * The medians of the figures that several works give, which are done in turn.
 * @param rounds how many are not counted, and how many are
 */
export async function inTurn(
  [untimed, timed]: readonly [untimed: number, timed: number],
  works: readonly (() => Promise<number>)[],
): Promise<number[]> {
  const all = works.map((work) => ({ work, figures: new Array<number>() }));
  for (let round = -untimed; round < timed; round += 1) {
    for (const { work, figures } of all) {
      const figure = await work();
      if (round >= 0) figures.push(figure);
    }
  }
  return all.map(({ figures }) => middle(figures));
}

/** The median. */
export function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** A row as a line of the report. */
export function printed({ what, floor, ours, goal }: Row): string {
  const figures = [floor, ours].map((value) =>
    (value === null ? '–' : value.toFixed(2)).padStart(10),
  );
  const ratio = (floor === null ? '–' : `${(ours / floor).toFixed(2)}×`).padStart(8);
  return `${what.padEnd(58)}${figures.join('')}${ratio}   ${goal}`;
}
