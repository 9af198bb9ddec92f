import { readFileSync } from 'node:fs';

/**
 * A small file of /proc, empty where it is not there or not for us. At once, because the kernel answers it from memory in
 * microseconds; and as UTF-8, because Node.js takes a buffer of 64 KiB for each other way of reading a file that says it
 * has no bytes, and a look at all processes would leave megabytes of them behind.
 */
export function readKernelText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended meanwhile, or is another user's: there is nothing to learn
  }
}
