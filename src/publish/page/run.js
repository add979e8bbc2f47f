import { offerCopies } from './copy.js';
import { follow } from './follow.js';
import { offerModels } from './models.js';

const main = document.querySelector('main');
if (main) follow(main);
offerCopies();
offerModels();
