/**
 * The same as `invite-keys`, for service workers, where `import()` is forbidden: all JavaScript comes along at once, and the
 * WebAssembly when it is needed. Register the worker with `{ type: 'module' }`.
 *
 * @example
 * ```js
 * import { connect } from 'invite-keys/service-worker';
 * ```
 *
 * @packageDocumentation
 */
export * from './index.js';
