import * as sdk from './node_modules/invite-keys/service-worker.js';
import { told } from './story.js';

addEventListener('message', (event) => {
  const [port] = event.ports;
  event.waitUntil(told(sdk, event.data).then((report) => port.postMessage(report)));
});
