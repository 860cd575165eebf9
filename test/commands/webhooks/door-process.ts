/** A second service on the same event store: prints its port, lives until its standard input closes. */

import { patientLog } from '../../support/patient-log.ts';
import { openDoor } from './door.ts';

const [url = ''] = process.argv.slice(2);
const door = await openDoor(patientLog(url));
console.log(door.port);
process.stdin.resume().on('end', () => process.exit(0));
