import * as sdk from './node_modules/invite-keys/index.js';
import { told } from './story.js';

window.tell = (options) => told(sdk, options);
