/**
 * What a prompt offers to fill arguments with. Everything here is looked up by rules that a
 * person can check; nothing is understood.
 */
export interface Clues {
  /** In the order of the text, number words included. */
  readonly numbers: readonly number[];
  /** Between quotation marks or backticks. */
  readonly quotes: readonly string[];
  /** IANA zones, also those of well-known cities. */
  readonly zones: readonly string[];
  /** The first arithmetic expression, as written. */
  readonly expression: string | undefined;
  readonly urls: readonly string[];
  /** Capitalised words after `in`, `at`, `for` or `near`. */
  readonly place: string | undefined;
  /** The text itself, dice notation spelled out. */
  readonly text: string;
}

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(
  ' ',
);

const CITY_ZONES: Readonly<Record<string, string>> = {
  amsterdam: 'Europe/Amsterdam',
  athens: 'Europe/Athens',
  auckland: 'Pacific/Auckland',
  bangkok: 'Asia/Bangkok',
  beijing: 'Asia/Shanghai',
  berlin: 'Europe/Berlin',
  cairo: 'Africa/Cairo',
  chicago: 'America/Chicago',
  delhi: 'Asia/Kolkata',
  dubai: 'Asia/Dubai',
  'hong kong': 'Asia/Hong_Kong',
  istanbul: 'Europe/Istanbul',
  lagos: 'Africa/Lagos',
  lisbon: 'Europe/Lisbon',
  london: 'Europe/London',
  'los angeles': 'America/Los_Angeles',
  madrid: 'Europe/Madrid',
  'mexico city': 'America/Mexico_City',
  mumbai: 'Asia/Kolkata',
  nairobi: 'Africa/Nairobi',
  'new york': 'America/New_York',
  paris: 'Europe/Paris',
  rome: 'Europe/Rome',
  'san francisco': 'America/Los_Angeles',
  'são paulo': 'America/Sao_Paulo',
  seoul: 'Asia/Seoul',
  shanghai: 'Asia/Shanghai',
  singapore: 'Asia/Singapore',
  stockholm: 'Europe/Stockholm',
  sydney: 'Australia/Sydney',
  tokyo: 'Asia/Tokyo',
  toronto: 'America/Toronto',
  vienna: 'Europe/Vienna',
  zurich: 'Europe/Zurich',
};

const ZONE = new RegExp(
  String.raw`\b(?:[A-Z][a-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?|UTC|GMT)\b|\b(?:${Object.keys(
    CITY_ZONES,
  ).join('|')})\b`,
  'gi',
);

/** Bounded, because an opening mark without a closing one is tried at every place. */
const QUOTE = /"([^"]{1,2000})"|“([^”]{1,2000})”|`([^`]{1,2000})`|(?<!\w)'([^']{1,2000})'(?!\w)/g;

/** Reads the clues of one piece of a prompt. */
export function cluesIn(text: string): Clues {
  const plain = spellOutDice(text);
  const urls = plain.match(/https?:\/\/[^\s<>"'`)]+/g) ?? [];
  // A date or an address is no arithmetic: 2026-11-21, https://a.example/1/2.
  const bare = plain.replace(/https?:\/\/\S+|\b\d{4}-\d\d-\d\d\b/g, ' ');
  return {
    numbers: numbersIn(bare),
    quotes: [...plain.matchAll(QUOTE)].map(([, a, b, c, d]) => a ?? b ?? c ?? d ?? ''),
    zones: zonesIn(bare),
    expression: expressionIn(bare),
    urls: urls.map((url) => url.replace(/(?<![.,;:!?])[.,;:!?]+$/, '')),
    place: /\b(?:in|at|for|near)\s+((?:\p{Lu}[\p{L}.-]*\s?)+)/u.exec(bare)?.[1]?.trim(),
    text: plain,
  };
}

/** `2d6` is two dice with six sides. */
function spellOutDice(text: string): string {
  return text.replace(
    /\b(\d{0,3})d(\d{1,4})\b/gi,
    (_all, count: string, sides: string) => `${count || '1'} dice with ${sides} sides`,
  );
}

function numbersIn(text: string): number[] {
  const words = new RegExp(
    String.raw`(?<![\w.])-?\d+(?:\.\d+)?|\b(?:${NUMBER_WORDS.join('|')})\b`,
    'gi',
  );
  return (text.match(words) ?? []).map((word) => {
    const at = NUMBER_WORDS.indexOf(word.toLowerCase());
    return at < 0 ? Number(word) : at;
  });
}

function zonesIn(text: string): string[] {
  const found = (text.match(ZONE) ?? []).map((name) => CITY_ZONES[name.toLowerCase()] ?? name);
  // Case is ignored for the cities; `and/or` looks like a zone then, but is none.
  return [...new Set(found.filter((name) => /^[A-Z]/.test(name)))];
}

const OPERATORS: readonly (readonly [RegExp, string])[] = [
  [/(?<!\s)\s+plus\s+/gi, ' + '],
  [/(?<!\s)\s+minus\s+/gi, ' - '],
  [/(?<!\s)\s+times\s+|(?<!\s)\s+multiplied by\s+/gi, ' * '],
  [/(?<!\s)\s+divided by\s+/gi, ' / '],
];

function expressionIn(text: string): string | undefined {
  let spelled = text;
  for (const [words, sign] of OPERATORS) spelled = spelled.replace(words, sign);
  // Looking behind keeps it from starting anew inside a long run of spaces or digits.
  const found = /(?<![(\s\d.-])[(\s-]*\d[\d.]*(?:[\s)]*[-+*/×÷^%][\s(]*\d[\d.]*)+[\s)]*/.exec(
    spelled,
  )?.[0];
  return found?.trim().replace(/\.$/, '');
}
