// What the modules without a server have in common. Each becomes one file, which holds only what it uses of this.

let InviteError;
export const setErrorClass = (given) => void (InviteError = given);

export const wrong = (code, field, message) => new InviteError(code, message, { field });

export const text = (value) => (typeof value === 'string' ? value : (value?.href ?? ''));
export const parameter = (options) => options?.param ?? 'acceptInvite';
