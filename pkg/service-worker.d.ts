/**
 * The same as `invite-keys`, for service workers, where `import()` is forbidden: everything but the core comes along at
 * once. Register the worker with `{ type: 'module' }`.
 *
 * @example
 * ```js
 * import { connect } from 'invite-keys/service-worker';
 * ```
 *
 * @packageDocumentation
 */
export * from './index.js';
