/** A value as JSON can carry it (RFC 8259). */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Whether a value is a JSON object and not an array or null. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The JSON object that a text holds, or null when it holds anything else or is not JSON. */
export function parseJsonObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The JSON list that a text holds, or null when it holds anything else or is not JSON. */
export function parseJsonList(text: string): readonly Json[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonList(value) ? value : null;
  } catch {
    return null;
  }
}

function isJsonList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** What `JSON.parse` gave is JSON all the way down, so the outermost level decides. */
function isJsonObject(value: unknown): value is JsonObject {
  return isObject(value);
}
