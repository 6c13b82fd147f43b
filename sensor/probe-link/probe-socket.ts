import { Socket } from 'node:net';
import { ChaperoneError } from '../../crds/errors.ts';

/**
 * The socket that the probe handed over as an open file descriptor (`CHAPERONE_PROBE_FD`). Throws `probe-socket` if the descriptor is not one.
 */
export function openProbeSocket(fd: number): Socket {
  try {
    return new Socket({ fd, readable: true, writable: true, allowHalfOpen: true });
  } catch (cause) {
    throw new ChaperoneError('probe-socket', `File descriptor ${fd} is no socket; the sensor is started by the probe`, {
      cause,
    });
  }
}
