// The core is the largest file by far. Where the address has brought an invite it is asked for at once, beside the rest.
try {
  if (sessionStorage.getItem('invite-keys:pending')) {
    const core = import.meta.resolve('/sdk/wasm/core_bg.wasm');
    document.head.append(Object.assign(document.createElement('link'), { rel: 'preload', as: 'fetch', crossOrigin: '', href: core }));
  }
} catch {
  // Where storage is blocked it comes when it is first needed.
}
