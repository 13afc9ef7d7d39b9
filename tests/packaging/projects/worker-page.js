// Asks a dedicated or a service worker to tell the story, and waits for what it answers.
const ask = (target, options) =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    target.postMessage(options, [port2]);
  });

window.tellInWorker = async (options) => {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  const failed = new Promise((resolve) => (worker.onerror = ({ message }) => resolve({ failed: message })));
  return Promise.race([ask(worker, options), failed]);
};

window.tellInServiceWorker = async (options) => {
  const registration = await navigator.serviceWorker.register(new URL('./service-worker.js', import.meta.url), { type: 'module' });
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  await new Promise((resolve) => {
    const look = () => worker.state === 'activated' && resolve();
    worker.onstatechange = look;
    look();
  });
  return ask(worker, options);
};
