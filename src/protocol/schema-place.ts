/** A value that is checked and where it stands in the whole. */
export interface SchemaPlace {
  readonly value: unknown;
  /** Its name in the value around it; null for the whole. */
  readonly name: string | null;
  readonly outer: SchemaPlace | null;
  /** How many values are around it. */
  readonly level: number;
  /** Levels of schema and value together. */
  readonly depth: number;
}

/** The place of a value as a whole. */
export function wholePlace(value: unknown): SchemaPlace {
  return { value, name: null, outer: null, level: 0, depth: 0 };
}

export function innerPlace(outer: SchemaPlace, name: string, value: unknown): SchemaPlace {
  return { value, name, outer, level: outer.level + 1, depth: outer.depth + 1 };
}

/**
 * The JSON Pointer (RFC 6901) of a place. It is made only for what is told: names can be as long as
 * the value, and a hostile schema looks at one of them thousands of times.
 */
export function pathOf(place: SchemaPlace): string {
  const steps: string[] = [];
  for (let at: SchemaPlace | null = place; at?.name != null; at = at.outer) {
    steps.push(`/${at.name.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
  return steps.toReversed().join('');
}

/** Something wrong at a place. */
export interface Found {
  readonly place: SchemaPlace;
  readonly message: string;
}

/** The problems of one check; when it is full, nothing more is looked for. */
export class Findings {
  readonly all: Found[] = [];
  readonly #most: number;

  /** @param most problems, above which nobody reads */
  constructor(most: number) {
    this.#most = most;
  }

  get isFull(): boolean {
    return this.all.length >= this.#most;
  }

  add(place: SchemaPlace, message: string): void {
    if (!this.isFull) this.all.push({ place, message });
  }

  addAll(found: readonly Found[]): void {
    for (const { place, message } of found) this.add(place, message);
  }
}

/** Shapes that a value was tried with and that it does not fit. */
export class MissedShapes {
  #count = 0;
  #first: Findings | null = null;
  /** The one shape whose problems are all inside the value, so that it was meant; null for several. */
  #meant: Findings | null = null;
  #meantCount = 0;

  add(findings: Findings, place: SchemaPlace): void {
    this.#count += 1;
    this.#first ??= findings;
    if (findings.all.every((found) => found.place.level > place.level)) {
      this.#meantCount += 1;
      this.#meant = findings;
    }
  }

  /** The problems of the shape that was meant, where that is clear. */
  problems(place: SchemaPlace): readonly Found[] {
    const only = this.#count === 1 ? this.#first : this.#meantCount === 1 ? this.#meant : null;
    return only?.all ?? [{ place, message: `fits none of the ${this.#count} allowed shapes` }];
  }
}
