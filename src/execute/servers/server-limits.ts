/** What a tool server may use of a run. */
export interface ServerLimits {
  /** Milliseconds for connecting and listing the tools together. */
  readonly connectMs: number;
  /** Milliseconds for one call, from its start to its result; progress does not stretch it. */
  readonly callMs: number;
  /** Milliseconds for a call that the server makes a task, from its start to its result. */
  readonly taskMs: number;
  /** Bytes of one response after decompression. */
  readonly responseBytes: number;
  /** Bytes of a stream that stays open as long as the connection. */
  readonly streamBytes: number;
  /** Streams that one connection opens, those that go on with an earlier one included. */
  readonly streams: number;
  /** Bytes of everything that is answered until the tools are listed. */
  readonly connectBytes: number;
  /** Pages of the tool list. */
  readonly pages: number;
  readonly tools: number;
  /** UTF-16 code units of one tool as JSON. */
  readonly toolLength: number;
  /** Levels of objects and arrays in a schema. */
  readonly schemaDepth: number;
  /** Reports of progress that one call may make, and milliseconds between two. */
  readonly progressReports: number;
  readonly progressMs: number;
}

const MEGABYTE = 1024 * 1024;

/** @see spec/tool-servers.md, Limits */
export const SERVER_LIMITS: ServerLimits = {
  connectMs: 20_000,
  callMs: 120_000,
  taskMs: 900_000,
  responseBytes: 4 * MEGABYTE,
  streamBytes: 32 * MEGABYTE,
  streams: 100,
  connectBytes: 8 * MEGABYTE,
  pages: 64,
  tools: 512,
  toolLength: 64 * 1024,
  schemaDepth: 32,
  progressReports: 500,
  progressMs: 100,
};
