import * as sdk from './node_modules/invite-keys/index.js';
import { told } from './story.js';

onmessage = async ({ data, ports: [port] }) => port.postMessage(await told(sdk, data));
