import * as sdk from 'invite-keys';
import { told } from './story.js';

window.tell = (options) => told(sdk, options);
